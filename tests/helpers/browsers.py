"""A page in a real browser: what the user has and wishes, and what is done on it."""

from urllib.parse import urljoin

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

HANGS = 120  # seconds; only a page that hangs reaches them


def set_size(driver, width, height):
    """The window's size in CSS pixels."""
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def set_media(driver, media="", **wishes):
    """The medium, "print" or the screen, and the user's wishes, as prefers_color_scheme="dark"; no other ones."""
    features = [{"name": name.replace("_", "-"), "value": value} for name, value in wishes.items()]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})


class Page:
    """A page of ours, at its path; its user wants it light and without motion, unless it is opened for another."""

    def __init__(self, driver, path):
        self.driver, self.path = driver, path

    def open(self, shown, width=1400, height=900, prefers_color_scheme="light", prefers_reduced_motion="reduce"):
        shown.save(self.path)
        set_size(self.driver, width, height)
        set_media(self.driver, prefers_color_scheme=prefers_color_scheme, prefers_reduced_motion=prefers_reduced_motion)
        self.driver.get("about:blank")
        self.driver.get_log("browser"), self.driver.get_log("performance")
        self.driver.get(self.path.as_uri())
        return self

    def go(self, address):
        """To an address, whole or what comes after the page's own, as "#20"."""
        self.driver.get("about:blank")  # another hash alone is no other page
        self.driver.get(urljoin(self.path.as_uri(), address))

    def until(self, holds):
        WebDriverWait(self.driver, HANGS).until(lambda _: holds())

    def find(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def find_all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def press(self, *keys):
        webdriver.ActionChains(self.driver).send_keys(*keys).perform()

    @property
    def complaints(self):
        """What the browser's console has said since it was last asked."""
        return self.driver.get_log("browser")

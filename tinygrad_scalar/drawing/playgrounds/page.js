// The page in which a network trains; in a frame of it, the graph of one point is a player.
import { start } from "../page/start.js";
import { player } from "../player/player.js";
import { playground } from "./playground.js";

export const opened = start(/** @type {Record<string, (told: any) => any>} */ ({ playground, player }));

// The page of a player.

import { start } from "../page/start.js";
import { player } from "./player.js";

const shown = start({ player });

// The page of a player.

import { start } from "../page/start.js";
import { player } from "./player.js";

export const shown = start({ player });

// The modules that Python writes when a page is made.
declare module "*/table.js" {
  export const rows: Record<string, import("../../tinygrad_scalar/drawing/page/rows.js").Row>;
  export const sum: (x: number[], start: number) => number;
}
declare module "*/witness.js";

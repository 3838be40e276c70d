export const correction: { L: number; M: number; Q: number; H: number };
export const mode: { ascii: unknown };
export function generate(text: string, options?: { minCorrectionLevel?: number; modes?: unknown[] }): {
  size: number;
  get(x: number, y: number): boolean;
  toCanvas(canvas: HTMLCanvasElement, options?: { on?: number[]; off?: number[]; padX?: number; padY?: number }): void;
};

export type Palette = number[][];

interface Stream {
  writeByte(byte: number): void;
  writeBytes(bytes: ArrayLike<number>): void;
}

interface Frame {
  palette?: Palette;
  transparent?: boolean;
  transparentIndex?: number;
  delay?: number;
  repeat?: number;
  dispose?: number;
}

export function GIFEncoder(): {
  stream: Stream;
  writeFrame(index: Uint8Array, width: number, height: number, options: Frame): void;
  finish(): void;
  bytesView(): Uint8Array<ArrayBuffer>;
};
export function quantize(pixels: Uint8Array | Uint8ClampedArray, colours: number): Palette;
export function applyPalette(pixels: Uint8Array | Uint8ClampedArray, palette: Palette): Uint8Array;

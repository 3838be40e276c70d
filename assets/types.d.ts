// Shapes that the browser's modules share. For the check of types only: nothing here is served.

/** Places on the screen of a picture, in pixels of its element; the third number is the distance from the eye. */
interface View {
  rect: { left: number; top: number; width: number; height: number };
  /** What decides the view: equal numbers show the same. */
  numbers: number[];
  locate(values: ArrayLike<number>, at: number, screen: number[] | Float32Array, to: number, beyond?: boolean): void;
  /** The point under a pixel; flat pictures only. */
  point?(x: number, y: number): [number, number];
}

/** Triangles: corners three numbers each, faces three corners each. */
interface Surface {
  corners: Float64Array;
  faces: number[];
}

/** Recorded places of the paths of an ensemble, frame by frame. */
interface Cloud {
  values: Float32Array;
  frames: number;
  paths: number;
  axes: number;
}

/** An ensemble and where its marks are on the screen. */
interface Ensemble {
  who: string;
  paths: number;
  screen: Float32Array;
  hidden: Uint8Array;
  isFrozen(frame: number, path: number): boolean;
  frozenBy(frame: number): number;
  locate(frame: number, view: View, screen: Float32Array): void;
}

/** A palette by role: a colour, or the colours of a scale. */
type Colours = Record<string, any>;

type ClockName = "slow" | "fast" | "logarithmic";

interface Clock {
  frames: number;
  steps(frame: number): string;
  fast(frame: number): string;
  slow(frame: number): string;
  axis: Record<ClockName, (frame: number) => number>;
  /** What an axis of each clock is called. */
  titles: Record<ClockName, string>;
  /** What the readout calls each number. */
  terms: Record<"steps" | "fast" | "slow", string>;
}

/** A panel of the time series: one quantity. */
interface SeriesPanel {
  name: string;
  title: string;
  falls: boolean;
  edge: boolean;
}

interface Status {
  kind: string;
  sentence?: string;
}

/** What figures/blob.py writes beside the arrays. */
interface Header {
  key: string;
  figure: { data: any[]; layout?: any };
  palette: Record<string, Colours>;
  learning_rate: number;
  /** What slow and fast time are, as formulas. */
  clocks: { slow: string; fast: string };
  /** What the ensembles are called, where that is not SGD and its limit. */
  names?: Record<string, string>;
  /** The sharpness beyond which it is unstable. */
  edge?: { at: number; label: string } | null;
  clock: ClockName;
  box: [number, number][];
  panels: SeriesPanel[];
  caption?: string;
  alt?: string;
  status?: Status;
  start?: number[];
  /** What was predicted, along the first two axes: a place, or an arrow from `origin` to it. */
  marks?: { at: number[]; origin: number[] | null; who: "own" | "class" | "truth" }[];
  pickable?: boolean;
  /** What the picture says of itself wherever it is taken: title, seed, link, version, theory. */
  about?: Record<string, string>;
  /** What a closer look at a key of the legend, a number or a panel says, by name. */
  meanings?: Record<string, string>;
  autoplay?: boolean;
}

/** How a run is drawn off the screen: see assets/save/drawing.js. */
interface Look {
  width: number;
  height: number;
  density: number;
  theme: string;
  hidden: Set<string>;
  turned?: Record<string, any>;
  clock: ClockName;
  curves: boolean;
  words: boolean;
  link: string;
}

/** What a player shows when something of it is saved. */
interface Shown {
  run: Run;
  plotly: any;
  frame: number;
  theme: string;
  hidden: Set<string>;
  turned: Record<string, any>;
  clock: ClockName;
  speed: number;
}

interface Run {
  header: Header;
  arrays: Record<string, any>;
  clock: Clock;
  ensembles: Ensemble[];
}

/** A symmetric matrix, by rows. */
type Matrix = number[][];

/** A point of Γ as the anatomy knows it. */
interface Site {
  point: number[];
  place: number[];
  covariance: Matrix;
  eigenvalues: number[];
  normals: number[][];
  tangents: number[][];
  view: number[][];
  maps: number[][][];
}

/** The axes of an ellipse: unit vectors, and standard deviations along them. */
interface Axes {
  directions: number[][];
  lengths: number[];
}

interface Window {
  Plotly: any;
  /** Of a page of the site without a server: assets/site/prelude.js. */
  azl: any;
}

interface Element {
  /** Plotly's own, whose version is pinned. */
  _fullLayout?: any;
  _fullData?: any;
}

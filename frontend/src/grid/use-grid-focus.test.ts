import { expect, it } from "vitest";
import { moved } from "./use-grid-focus";

const ROWS = 30;
const COLUMNS = 4;

function from(row: number, column: number, key: string, isCtrl = false): [number, number] | null {
  const place = moved({ row, column }, key, isCtrl, ROWS, COLUMNS);
  return place && [place.row, place.column];
}

it("arrows go one cell on, and not out of the grid", () => {
  expect(from(3, 2, "ArrowUp")).toEqual([2, 2]);
  expect(from(3, 2, "ArrowRight")).toEqual([3, 3]);
  expect(from(3, COLUMNS, "ArrowRight")).toEqual([3, COLUMNS]);
  expect(from(ROWS, 2, "ArrowDown")).toEqual([ROWS, 2]);
});

it("the runs are above the first step, the names left of the first run, and the corner is left out", () => {
  expect(from(1, 2, "ArrowUp")).toEqual([0, 2]);
  expect(from(3, 1, "ArrowLeft")).toEqual([3, 0]);
  expect(from(1, 0, "ArrowUp")).toEqual([1, 0]);
  expect(from(0, 1, "ArrowLeft")).toEqual([1, 0]);
});

it("Home and End go along the row, with Ctrl to the ends of the grid", () => {
  expect(from(3, 2, "Home")).toEqual([3, 0]);
  expect(from(3, 2, "End")).toEqual([3, COLUMNS]);
  expect(from(3, 2, "End", true)).toEqual([ROWS, COLUMNS]);
  expect(from(3, 2, "Home", true)).toEqual([0, 1]);
});

it("pages of ten rows; other keys are not the grid's", () => {
  expect(from(3, 2, "PageDown")).toEqual([13, 2]);
  expect(from(3, 2, "PageUp")).toEqual([0, 2]);
  expect(from(3, 2, "a")).toBeNull();
  expect(from(3, 2, "ArrowUp", true)).toBeNull();
});

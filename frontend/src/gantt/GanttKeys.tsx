// What mouse and keyboard do in the chart.
import { Keyboard } from "lucide-react";
import { Popover } from "radix-ui";
import { IconButton } from "../shared/Button";

const KEYS: readonly [does: string, mouse: string, keys: string][] = [
  ["Select one step", "Click", "Enter"],
  ["Add or take out a step", "Ctrl/Cmd- or Shift-click", "Ctrl/Cmd+Enter, Shift+Space"],
  ["Select with everything downstream", "Double click", "Shift+Enter"],
  ["Another step", "", "↑ ↓, Page Up, Page Down, Home, End"],
  ["Zoom", "Ctrl+wheel", "+ and −, 0 for the whole run"],
  ["Earlier, later", "Drag, sideways wheel", "← →"],
];

export function GanttKeys() {
  return (
    <Popover.Root>
      <Popover.Trigger asChild>
        <IconButton label="Mouse and keys">
          <Keyboard aria-hidden size={16} />
        </IconButton>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          align="end"
          sideOffset={6}
          collisionPadding={8}
          aria-label="Mouse and keys"
          className="panel z-50 max-w-[calc(100vw-1rem)] p-4 shadow-floating"
        >
          <table className="text-sm [&_td]:py-1 [&_td]:pr-4 [&_th]:pr-4 [&_th]:text-left [&_th]:font-medium">
            <thead>
              <tr>
                <th>In the chart</th>
                <th>Mouse</th>
                <th>Keys</th>
              </tr>
            </thead>
            <tbody>
              {KEYS.map(([does, mouse, keys]) => (
                <tr key={does}>
                  <td className="text-muted">{does}</td>
                  <td>{mouse}</td>
                  <td>{keys}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

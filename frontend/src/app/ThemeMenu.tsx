// Chooses light or dark.
import { SunMoon } from "lucide-react";
import { IconButton } from "../shared/Button";
import { Menu, MenuChoice } from "../shared/Menu";
import { useTheme } from "./theme";

const OPTIONS = [
  { value: "system", label: "As the system" },
  { value: "light", label: "Light" },
  { value: "dark", label: "Dark" },
] as const;

export function ThemeMenu() {
  const [theme, setTheme] = useTheme();
  return (
    <Menu
      trigger={
        <IconButton label="Colours">
          <SunMoon aria-hidden size={18} />
        </IconButton>
      }
    >
      <MenuChoice value={theme} options={OPTIONS} onChange={setTheme} />
    </Menu>
  );
}

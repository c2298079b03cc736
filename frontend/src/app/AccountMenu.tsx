// Who is logged in, and the way out. Where no token is needed, nothing.
import { CircleUser } from "lucide-react";
import { IconButton } from "../shared/Button";
import { Menu, MenuItem, MenuLabel } from "../shared/Menu";
import { useMe } from "../shared/me";

export function AccountMenu() {
  const me = useMe();
  if (!me?.usesToken) return null;
  return (
    <Menu
      trigger={
        <IconButton label="Account">
          <CircleUser aria-hidden size={18} />
        </IconButton>
      }
    >
      <MenuLabel>
        {me.name}, {me.canLaunch ? "operator" : "viewer"}
      </MenuLabel>
      <MenuItem onSelect={logOut}>Log out</MenuItem>
    </Menu>
  );
}

/** The service takes the cookie away, and asks for a token again. */
function logOut(): void {
  const form = document.createElement("form");
  form.method = "post";
  form.action = "/logout";
  document.body.append(form);
  form.submit();
}

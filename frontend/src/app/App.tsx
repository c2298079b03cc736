// The application: its client, its pages.
import { RouterProvider } from "@tanstack/react-router";
import { Tooltip } from "radix-ui";
import { Provider } from "urql";
import { createClient } from "../shared/graphql-client";
import { router } from "./routes";

const client = createClient();

export function App() {
  return (
    <Provider value={client}>
      <Tooltip.Provider delayDuration={250}>
        <RouterProvider router={router} />
      </Tooltip.Provider>
    </Provider>
  );
}

import { type AsyncRouteComponent, lazyRouteComponent } from '@tanstack/react-router';
import { type ComponentType, useDeferredValue, useEffect, useState } from 'react';

/** A page whose files are read when it is gone to. What reading them and drawing it costs is spread over several tasks. */
export function lazyPage<Module extends object>(
  load: () => Promise<Module>,
  name: keyof Module & string,
): AsyncRouteComponent<object> {
  return lazyRouteComponent(async () => {
    const Page = (await load())[name] as ComponentType;
    // Else what follows would be one with the task in which the files were run.
    await new Promise((resolve) => setTimeout(resolve));
    return { default: Gradually.bind(undefined, Page) };
  });
}

let begun = false;

/**
 * Draws the first page of a document in small steps, between which the browser is free. Later ones come in one piece: the page
 * before stays until then.
 */
function Gradually(Page: ComponentType) {
  const [atOnce] = useState(begun);
  const shown = useDeferredValue(true, atOnce);
  useEffect(() => {
    begun = true;
  }, []);
  return shown ? <Page /> : null;
}

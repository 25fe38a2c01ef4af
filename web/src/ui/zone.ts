// The time zone in which this person reads dates: the one of the profile, else the browser's.
import { createContext, useContext } from 'react';

export const browserZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

export const ZoneContext = createContext<string>(browserZone());
export const useZone = (): string => useContext(ZoneContext);

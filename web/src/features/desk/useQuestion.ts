import { useQuery } from '@tanstack/react-query';
import { questionQuery } from './queries';

/** One question with all that helps to answer it; the same answer for every part of the page. */
export const useQuestion = (room: string) => useQuery(questionQuery(room));

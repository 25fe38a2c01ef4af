import 'i18next';
import type admin from './locales/en/admin.json';
import type chat from './locales/en/chat.json';
import type common from './locales/en/common.json';
import type courses from './locales/en/courses.json';
import type desk from './locales/en/desk.json';
import type errors from './locales/en/errors.json';
import type forum from './locales/en/forum.json';
import type identity from './locales/en/identity.json';
import type learning from './locales/en/learning.json';
import type messages from './locales/en/messages.json';
import type moderation from './locales/en/moderation.json';
import type news from './locales/en/news.json';
import type notes from './locales/en/notes.json';
import type player from './locales/en/player.json';
import type studio from './locales/en/studio.json';
import type support from './locales/en/support.json';
import type taskEditor from './locales/en/taskEditor.json';
import type tasks from './locales/en/tasks.json';
import type uploads from './locales/en/uploads.json';

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'common';
    returnNull: false;
    resources: {
      admin: typeof admin;
      chat: typeof chat;
      common: typeof common;
      courses: typeof courses;
      desk: typeof desk;
      errors: typeof errors;
      forum: typeof forum;
      identity: typeof identity;
      learning: typeof learning;
      moderation: typeof moderation;
      news: typeof news;
      messages: typeof messages;
      notes: typeof notes;
      player: typeof player;
      studio: typeof studio;
      support: typeof support;
      taskEditor: typeof taskEditor;
      tasks: typeof tasks;
      uploads: typeof uploads;
    };
  }
}

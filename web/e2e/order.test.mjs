// Order in the rooms of which there is one: a word that holds messages back, a mute with its time and reason that is lifted
// from the list, a locked room, slow mode, somebody's message taken away, a ban that is told and lifted from its list, the
// staff's own room, and the log of it all.
// MSG-07 MSG-10 MSG-13

import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { Product } from './product.mjs';
import { caller, steps } from './school.mjs';

let product;
let sardor;
let malika;
let judge;

const test = steps('order', () => ({ sardor, malika, judge }));

before(async () => {
  product = await Product.start();
  await product.makeAdmin('root@example.com');
  const admin = await caller(Object.assign(await product.visitor(), { email: 'root@example.com' }));
  sardor = await product.visitor();
  await sardor.register('sardor@example.com', 'Sardor', 'Mirzaev');
  malika = await product.visitor();
  await malika.register('malika@example.com', 'Malika', 'Yusupova');
  judge = await product.visitor();
  await judge.register('mira@example.com', 'Mira', 'Levi');
  const [id] = await product.query(`select id from users where email = 'mira@example.com'`);
  await admin('POST', `/admin/users/${id}/roles`, { role: 'moderator', grant: true });
  // The new role is in the next session.
  await judge.context.clearCookies();
  await judge.signIn('mira@example.com');
});
after(() => product?.stop());

const message = (visitor, text) => visitor.page.locator('[data-msg]').filter({ hasText: text });
const field = (visitor) => visitor.page.getByRole('textbox', { name: 'Write a message' });
async function say(visitor, text) {
  await field(visitor).fill(text);
  await field(visitor).press('Enter');
  await message(visitor, text).waitFor();
}
async function enter(visitor) {
  await visitor.page.goto('/chat/general');
  await field(visitor).waitFor();
}
/** What a moderator does about the author of a message. */
async function about(text, deed) {
  await message(judge, text).getByRole('button', { name: 'Actions for the message' }).click();
  await judge.page.getByRole('menuitem', { name: deed, exact: true }).click();
  return judge.page.getByRole('dialog');
}
/** What a moderator does to the room. */
async function room(deed) {
  await judge.page.getByRole('button', { name: 'Settings of the chat' }).click();
  await judge.page.getByRole('menuitem', { name: deed, exact: true }).click();
  return judge.page.getByRole('dialog');
}
/** From the list that a moderator looks at. */
async function lift(deed, reason) {
  await judge.page.getByRole('button', { name: 'Lift' }).click();
  const dialog = judge.page.getByRole('dialog');
  await dialog.getByRole('button', { name: deed }).click();
  await dialog.getByText('Write the reason').waitFor();
  await dialog.getByLabel('Reason').fill(reason);
  await dialog.getByRole('button', { name: deed }).click();
  await dialog.waitFor({ state: 'hidden' });
}
async function choose(dialog, label, option) {
  await dialog.getByRole('combobox', { name: label }).click();
  await judge.page.getByRole('option', { name: option, exact: true }).click();
}

test('everybody meets in the general chat', async () => {
  // From the main page, where whoever has a question of no course begins.
  await sardor.page.goto('/');
  await sardor.page.locator('main').getByRole('link', { name: 'General chat' }).click();
  await field(sardor).waitFor();
  for (const visitor of [malika, judge]) await enter(visitor);
  await say(sardor, 'Has anyone begun the second course?');
  for (const visitor of [malika, judge]) await message(visitor, 'Has anyone begun').waitFor();
  assert.deepEqual(await sardor.accessibility(), []);
});

test('a message with a word of the list waits until a moderator lets it through', async () => {
  const { page } = judge;
  await page.goto('/moderation?tab=words');
  await page.getByRole('textbox', { name: 'Word or phrase' }).fill('casino*');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByRole('button', { name: 'Delete: casino*' }).waitFor();
  assert.deepEqual(await judge.accessibility(), []);
  await field(sardor).fill('The casinos of probability theory');
  await field(sardor).press('Enter');
  await sardor.page.getByText('waits for a moderator').waitFor();
  await page.goto('/moderation?kind=held');
  const held = page.getByRole('article', { name: 'Message of Sardor Mirzaev' });
  await held.getByText('The casinos of probability theory').first().waitFor();
  await held.getByRole('button', { name: 'Let through' }).click();
  await page.getByText('No open cases').waitFor();
  await message(malika, 'The casinos of probability theory').waitFor();
});

test('a mute says its reason and its end, and is lifted from the list', async () => {
  await enter(judge);
  const dialog = await about('Has anyone begun', 'Mute');
  await dialog.getByRole('button', { name: 'Mute' }).click();
  await dialog.getByText('Write the reason').waitFor();
  await choose(dialog, 'For how long', '7 days');
  await dialog.getByLabel('Reason').fill('Advertising');
  await dialog.getByRole('button', { name: 'Mute' }).click();
  await dialog.waitFor({ state: 'hidden' });
  await sardor.page.getByText(/A moderator has muted you here until/).waitFor();
  await sardor.page.getByText('Reason: Advertising').waitFor();
  await sardor.page.reload();
  await sardor.page.getByText('Reason: Advertising').waitFor();
  const { page } = judge;
  await page.goto('/moderation?tab=mutes');
  await page.getByText('General chat').waitFor();
  await page.getByText('Advertising').waitFor();
  assert.deepEqual(await judge.accessibility(), []);
  await lift('Let them write', 'Enough');
  await page.getByText('Everybody may write').waitFor();
  await say(sardor, 'I have understood.');
});

test('a mute over the whole school is met in every room, and lifted from the list too', async () => {
  await enter(judge);
  const dialog = await about('Has anyone begun', 'Mute');
  await choose(dialog, 'Where', 'In the whole school');
  await dialog.getByLabel('Reason').fill('Advertising everywhere');
  await dialog.getByRole('button', { name: 'Mute' }).click();
  await dialog.waitFor({ state: 'hidden' });
  await sardor.page.reload();
  await sardor.page.getByText(/A moderator has muted you here until/).waitFor();
  await sardor.page.getByText('Reason: Advertising everywhere').waitFor();
  const { page } = judge;
  await page.goto('/moderation?tab=mutes');
  await page.getByText('In the whole school').waitFor();
  await lift('Let them write', 'Enough');
  await page.getByText('Everybody may write').waitFor();
  await enter(sardor);
  await say(sardor, 'Nothing is for sale.');
});

test('a locked room is only read by those who do not keep order', async () => {
  await enter(judge);
  const lock = await room('Lock the room');
  await lock.getByRole('button', { name: 'Lock' }).click();
  await lock.getByText('Write the reason').waitFor();
  await lock.getByLabel('Reason').fill('It is late');
  await lock.getByRole('button', { name: 'Lock' }).click();
  await lock.waitFor({ state: 'hidden' });
  await malika.page.getByText('The chat is locked: only moderators write.').waitFor();
  await say(judge, 'Back at noon.');
  await message(malika, 'Back at noon.').waitFor();
  const unlock = await room('Unlock the room');
  await unlock.getByLabel('Reason').fill('It is morning');
  await unlock.getByRole('button', { name: 'Unlock' }).click();
  await unlock.waitFor({ state: 'hidden' });
  await say(malika, 'It is open again.');
});

test('in slow mode one waits between two messages', async () => {
  const slow = await room('Slow mode');
  await choose(slow, 'Pause between messages of one person', '1 hr');
  await slow.getByLabel('Reason').fill('A flood');
  await slow.getByRole('button', { name: 'Save' }).click();
  await slow.waitFor({ state: 'hidden' });
  await field(sardor).fill('One word an hour.');
  await field(sardor).press('Enter');
  await sardor.page.getByText(/Slow mode: the next message in/).waitFor();
  const off = await room('Slow mode');
  await choose(off, 'Pause between messages of one person', 'No pause');
  await off.getByLabel('Reason').fill('It has passed');
  await off.getByRole('button', { name: 'Save' }).click();
  await off.waitFor({ state: 'hidden' });
  // What waited goes out by itself.
  await message(malika, 'One word an hour.').waitFor();
});

test('the message of somebody else goes with a reason only', async () => {
  await say(malika, 'Buy essays here.');
  const dialog = await about('Buy essays here.', 'Delete');
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await dialog.getByText('Write the reason').waitFor();
  await dialog.getByLabel('Reason').fill('Essays for sale');
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await dialog.waitFor({ state: 'hidden' });
  await message(sardor, 'Buy essays here.').waitFor({ state: 'hidden' });
});

test('who is banned is told so and why, here and wherever they come from, until the ban is lifted', async () => {
  const ban = await about('One word an hour.', 'Ban from the room');
  await ban.getByLabel('Reason').fill('By mistake');
  await ban.getByRole('button', { name: 'Ban', exact: true }).click();
  await ban.waitFor({ state: 'hidden' });
  const told = async () => {
    await sardor.page.getByRole('heading', { name: 'You have been removed from this chat' }).waitFor();
    await sardor.page.getByText('Reason: By mistake').waitFor();
  };
  await told();
  await sardor.page.reload();
  await told();
  await sardor.picture('order-banned');
  assert.deepEqual(await sardor.accessibility(), []);
  await judge.page.goto('/moderation?tab=bans');
  await judge.page.getByText('General chat').waitFor();
  await judge.page.getByText('By mistake').waitFor();
  await judge.picture('order-bans');
  assert.deepEqual(await judge.accessibility(), []);
  await lift('Let in', 'It was another one');
  await judge.page.getByText('Nobody is banned').waitFor();
  await enter(sardor);
  await say(sardor, 'Here I am again.');
  await message(malika, 'Here I am again.').waitFor();
});

test('the staff have a room of their own', async () => {
  await judge.page.goto('/chat/staff');
  await field(judge).waitFor();
  await say(judge, 'Who takes the evening?');
  assert.deepEqual(await judge.accessibility(), []);
  await sardor.page.goto('/chat/staff');
  await sardor.page.getByRole('heading', { name: 'This page is not for your role' }).waitFor();
});

test('the log knows what was done, to whom and why', async () => {
  const chief = await product.visitor();
  await chief.signIn('root@example.com');
  const { page } = chief;
  await page.goto('/admin/audit');
  for (const act of [
    'Let into a room again',
    'Slow mode',
    'Room locked',
    'Mute lifted',
    'Message deleted',
    'Word added',
  ]) {
    await page.getByText(act, { exact: true }).first().waitFor();
  }
  for (const why of ['It was another one', 'Essays for sale', 'A flood', 'It is late', 'Enough']) {
    await page.getByText(why).first().waitFor();
  }
  const ban = page.getByRole('listitem').filter({ hasText: 'By mistake' });
  await ban.getByText('Mira Levi').waitFor();
  await chief.picture('order-audit');
  assert.deepEqual(await chief.accessibility(), []);
  assert.deepEqual(chief.complaints, []);
  await chief.context.close();
});

test('nothing was against the policy of the pages', () => {
  for (const visitor of [sardor, malika, judge]) assert.deepEqual(visitor.complaints, []);
});

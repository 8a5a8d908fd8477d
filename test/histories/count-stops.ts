import { countByFolder, stopsOfCreateSecret } from './stops.ts';

/** Prints the files and named functions that one healthy createSecret passes; CONTRIBUTING.md says when. */
const stops = await stopsOfCreateSecret();
for (const { file, functions } of stops) console.log(`${file}: ${functions.join(', ')}`);
const { folders, all } = countByFolder(stops);
for (const [folder, { files, functions }] of Object.entries({ ...folders, all }))
  console.log(`${folder}: ${files} files, ${functions} functions`);

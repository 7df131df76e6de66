// The msgpackr that is used here: the build that is only JavaScript, in a copy that nothing else uses.
//
// Its usual entry loads the addon msgpackr-extract, which decodes strings by a table of token sizes that all
// threads of a process share, and which every thread that loads the addon clears and fills again: a value
// that another thread decodes meanwhile is wrong, and nothing throws. The usual entry is also the
// application's own, with any extensions that the application adds to it.

export {
  addExtension,
  Packr,
  RESET_BUFFER_MODE,
  REUSE_BUFFER_MODE,
  Unpackr,
} from 'msgpackr/index-no-eval';

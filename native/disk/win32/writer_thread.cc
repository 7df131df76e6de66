#include "disk/writer_thread.h"

namespace ebbcache {

void prepareWriterThread() {}

}  // namespace ebbcache

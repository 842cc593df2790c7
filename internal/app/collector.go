package app

import "runtime"

// spareGarbage is how many bytes of garbage may lie about, beside as much again as what is
// in use, before the collector runs. What a room holds at a time is little beside what
// passes through it, so that by Go's default the collector would run several times a second
// and take a sixth of the processors.
const spareGarbage = 256 << 20

// CollectSeldom makes the collector run seldom until the returned function is called. It
// counts a block that is never touched, and so takes no memory, as in use. Unlike a higher
// GOGC this adds the same to a small heap and to a large one.
func CollectSeldom() (end func()) {
	block := make([]byte, spareGarbage)
	return func() { runtime.KeepAlive(block) }
}

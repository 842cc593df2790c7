package intake

import "syscall"

// dieWithParent has ffmpeg killed where this program is killed itself: a listener
// would go on holding its port. Linux goes by the thread that started it, and Go
// keeps its threads unless a goroutine that is locked to one returns.
func dieWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGKILL }

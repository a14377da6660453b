package server

// stackBytes is what a preview needs of a stack, measured, the walk over the
// parser's tree most of it.
const stackBytes = 12 << 10

// growStack has the goroutine's stack grown in one step. net/http gives every
// request over HTTP/2 a goroutine of its own, with 2 KiB; left alone, its stack
// doubles four times, and each time all the frames on it are copied.
//
// What grows it is the frame that this function asks for when it is called; the
// room itself is never touched, so touch is false.
//
//go:noinline
func growStack(touch bool) byte {
	if !touch {
		return 0
	}
	var room [stackBytes]byte
	return last(&room)
}

//go:noinline
func last(room *[stackBytes]byte) byte { return room[stackBytes-1] }

package main

import (
	"os"
	"runtime/debug"
)

// memoryLimit is where serve's garbage collector begins to work harder, in bytes,
// unless GOMEMLIMIT says otherwise: what the bounds on requests and answers let
// be in use at a time fits in, and the rest of what was used need not pile up.
const memoryLimit = 192 << 20

func limitMemory() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
}

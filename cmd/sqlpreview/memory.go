package main

import (
	"os"
	"runtime/debug"
)

// memoryLimit is where serve's garbage collector begins to work harder, in bytes,
// unless GOMEMLIMIT says otherwise: what the bounds on requests and answers let
// be in use at a time fits in, and the rest of what was used need not pile up.
const memoryLimit = 192 << 20

// collectAt lets the heap grow to five times of what is in use before it is
// collected, unless GOGC says otherwise. What is in use between calls is a few MiB, so
// with Go's own 100 the collector runs every 50 answers of 100 rows and takes a tenth of
// the processor time. The limit above holds all the same.
const collectAt = 400

func limitMemory() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectAt)
	}
}

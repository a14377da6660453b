package fuzz

import (
	"fmt"
	"os"
	"runtime/debug"
	"time"
)

// memory watches how much memory a process has, on systems that tell (Linux).
type memory struct {
	path string
	own  bool
}

func newMemory(pid int, own bool) memory {
	if own {
		return memory{path: "/proc/self/statm", own: true}
	}
	if pid == 0 {
		return memory{}
	}
	return memory{path: fmt.Sprintf("/proc/%d/statm", pid)}
}

// resident is the memory in use now, in bytes; 0 when it is not known.
func (m memory) resident() int64 {
	if m.path == "" {
		return 0
	}
	text, err := os.ReadFile(m.path)
	if err != nil {
		return 0
	}
	var total, resident int64
	if _, err := fmt.Sscan(string(text), &total, &resident); err != nil {
		return 0
	}
	return resident * int64(os.Getpagesize())
}

// settle gives back what this process does not need, so that growth means
// something.
func (m memory) settle() {
	if m.own {
		debug.FreeOSMemory()
	}
}

// sampleEvery is short against the time in which a flood fills memory.
const sampleEvery = 5 * time.Millisecond

// sampling is one watch.
type sampling struct {
	stopped chan struct{}
	peak    chan int64
	base    int64
}

// start begins to watch the peak.
func (m memory) start() *sampling {
	s := &sampling{stopped: make(chan struct{}), peak: make(chan int64, 1), base: m.resident()}
	if s.base == 0 {
		s.peak <- 0
		return s
	}
	go func() {
		peak := s.base
		ticker := time.NewTicker(sampleEvery)
		defer ticker.Stop()
		for {
			select {
			case <-s.stopped:
				s.peak <- max(peak, m.resident())
				return
			case <-ticker.C:
				peak = max(peak, m.resident())
			}
		}
	}()
	return s
}

// stop ends the watch and returns by how much the memory grew at most.
func (s *sampling) stop() int64 {
	close(s.stopped)
	return max(<-s.peak-s.base, 0)
}

package fuzz

import (
	"io"
	"time"

	"github.com/op-data/sqlpreview/fuzz/gateway"
	"github.com/op-data/sqlpreview/preview"
)

// Config says what to attack and for how long.
type Config struct {
	// DSN is a superuser's connection string to a throw-away server. The run
	// makes and breaks things all over it. Empty: one is started and removed.
	DSN string
	// Gateway is what to attack; it must read the database of DSN, as the role
	// that [Role] names or any other. Nil: the embedded package.
	Gateway gateway.Gateway
	// Sidecar is the path of a sqlpreview binary, to be run as a sidecar and
	// attacked from outside; its log and its memory are watched. Gateway must be
	// nil. Empty: none.
	Sidecar string
	// MCP is a Model Context Protocol server to attack; Gateway must be nil. A run
	// also looks what it leaves running, for Report.Peer. What would take all the
	// memory of the machine is left out as with Unguarded. Nil: none.
	MCP *MCPServer
	// Probes is how often a client of MCP cancels a call, and how often it goes away,
	// to see what is left running. 0 means 3.
	Probes int
	// LeastPrivilege tests with [LeastRole] in the place of [Role].
	LeastPrivilege bool
	// Pid is the gateway's process, whose memory is watched. 0: this process
	// when Gateway is nil, else none.
	Pid int
	// TimeLimit is how long the gateway may take for a query. 0: 1 s, which the
	// embedded package is asked for; 10 s when Gateway is set.
	TimeLimit time.Duration
	// Seed starts the randomness. The same seed, server version and number of
	// cases make the same cases.
	Seed int64
	// Time is how long to run. 0 means until Cases.
	Time time.Duration
	// Cases is how many cases to run. 0 means until Time.
	Cases int
	// StopAfter ends the run at that many findings. 0 means 20.
	StopAfter int
	// Corpus is the module's testdata folder, whose attacks and honest queries
	// are tried first and then changed at random. Empty: none.
	Corpus string
	// Only names the techniques to try. Empty: all.
	Only []string
	// Unguarded attacks a gateway that checks nothing, for comparison; Gateway
	// must be nil. What would take all the memory of the machine is left out
	// unless Only names it.
	Unguarded bool
	// NoShrink reports findings as they were written.
	NoShrink bool
	// SkipHostile leaves out the hostile servers, which need a gateway that can
	// be pointed at them and so are tried with the embedded package alone; a
	// run without them says so in Report.Notes.
	SkipHostile bool
	// Policy is the embedded package's policy. The zero Policy is the built-in one; with
	// any other an honest query may be refused.
	Policy preview.Policy
	// Trace, unless it is nil, is told of every case and what became of it: an
	// answer, or the gateway's reason.
	Trace func(number int, technique, sql, became string)
	// Progress receives a line now and then. Nil: none.
	Progress io.Writer
}

func (c Config) withDefaults() Config {
	if c.TimeLimit == 0 {
		c.TimeLimit = time.Second
		if c.Gateway != nil || c.MCP != nil {
			c.TimeLimit = 10 * time.Second
		}
	}
	if c.Probes == 0 {
		c.Probes = defaultProbes
	}
	if c.StopAfter == 0 {
		c.StopAfter = 20
	}
	if c.Time == 0 && c.Cases == 0 {
		c.Cases = 1000
	}
	if !c.embedded() {
		c.SkipHostile = true
	}
	if c.Progress == nil {
		c.Progress = io.Discard
	}
	return c
}

// embedded reports whether the embedded package is attacked.
func (c Config) embedded() bool {
	return c.Gateway == nil && !c.Unguarded && c.Sidecar == "" && c.MCP == nil
}

// ownPolicy reports whether the gateway judges by this module's policy, so that what
// the server itself would run can be held against its decisions.
func (c Config) ownPolicy() bool { return !c.Unguarded && c.MCP == nil }

// whyNoHostile says why a run with SkipHostile leaves the hostile servers out.
func (c Config) whyNoHostile() string {
	if c.embedded() {
		return "SkipHostile is set"
	}
	return "only the embedded package can be pointed at one"
}

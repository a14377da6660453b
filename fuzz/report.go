package fuzz

import (
	"slices"
	"time"
)

// Report is what a run found.
type Report struct {
	// Seed makes the run again.
	Seed int64 `json:"seed"`
	// Server is the database's version.
	Server string `json:"server"`
	// Cases is how many were run, Seconds how long it took, PerSecond the rate.
	Cases     int     `json:"cases"`
	Seconds   float64 `json:"seconds"`
	PerSecond float64 `json:"perSecond"`
	// Techniques counts what became of the cases, by technique.
	Techniques map[string]*Tally `json:"techniques"`
	// Findings are the promises that were broken, each once.
	Findings []Finding `json:"findings"`
	// Peer is what was seen of Config.MCP; nil where there was none.
	Peer *Peer `json:"peer,omitempty"`
	// Notes say what could not be looked at.
	Notes []string `json:"notes,omitempty"`
}

// Tally counts cases.
type Tally struct {
	Tried int `json:"tried"`
	// Refused by the gateway's own judgement, Stopped by the database or its
	// limits, Failed otherwise, Ran to an answer: these add up to Tried.
	Refused int `json:"refused"`
	Stopped int `json:"stopped"`
	Failed  int `json:"failed"`
	Ran     int `json:"ran"`
	// Reasons counts the refusals by the gateway's name for them.
	Reasons map[string]int `json:"reasons,omitempty"`
	// Effects counts the cases after which something had changed.
	Effects int `json:"effects"`
	// Leaks counts the cases that showed a planted secret.
	Leaks int `json:"leaks"`
	// FalselyRefused counts honest cases that the database runs and the gateway
	// does not.
	FalselyRefused int `json:"falselyRefused"`
}

// Finding is one broken promise.
type Finding struct {
	// Oracle is the name of the promise.
	Oracle string `json:"oracle"`
	// Kind is what was broken, the same for all cases that Count counts.
	Kind string `json:"kind"`
	// Technique is how the case was written.
	Technique string `json:"technique"`
	// Detail says what was seen.
	Detail string `json:"detail"`
	// SQL is the smallest text found that breaks it, and Original the first.
	SQL      string `json:"sql"`
	Original string `json:"original,omitempty"`
	// Case is the number of the case in the run, from 1.
	Case int `json:"case"`
	// Count is how many cases showed the same.
	Count int `json:"count"`
}

// tally returns the tally of a technique.
func (r *Report) tally(technique string) *Tally {
	t := r.Techniques[technique]
	if t == nil {
		t = &Tally{}
		r.Techniques[technique] = t
	}
	return t
}

// note adds a note once.
func (r *Report) note(text string) {
	if !slices.Contains(r.Notes, text) {
		r.Notes = append(r.Notes, text)
	}
}

func (r *Report) finish(start time.Time) {
	r.Seconds = time.Since(start).Seconds()
	if r.Seconds > 0 {
		r.PerSecond = float64(r.Cases) / r.Seconds
	}
}

package pgtree

// A Limit is one of the bounds on what the parser is given.
type Limit uint8

// The limits that Screen checks.
const (
	LimitDepth    Limit = iota // links on one path through the tree
	LimitTokens                // tokens, by weight
	LimitRescan                // bytes that the parser's lexer reads more than once
	LimitWarnings              // keywords that the parser answers with a warning
)

// An Excess says which limit a text passes.
type Excess struct {
	Limit Limit
	// Found is what Screen counted, Max what a text may have. Screen stops counting
	// where a limit is passed for certain.
	Found, Max int
	// Offset is the byte offset where the text passes the limit. It is known for
	// LimitDepth only.
	Offset int
}

// Screen reports whether the parser can read a text in bounded time, memory and
// stack: libpg_query recurses on the C stack, which ends the process when it is
// full, and cannot be interrupted. It returns nil when it can. The text must be
// valid UTF-8 without a NUL byte; depth is what MaxDepth returns.
func Screen(sql string, depth int) *Excess {
	if len(sql) <= shortText && len(sql) <= depth {
		return nil
	}
	return excessOf(sql, depth)
}

func excessOf(sql string, depth int) *Excess {
	m := measure(sql, depth)
	switch {
	case m.depth > depth:
		return &Excess{Limit: LimitDepth, Found: m.depth, Max: depth, Offset: m.at}
	case m.weight > maxWeight:
		return &Excess{Limit: LimitTokens, Found: m.weight, Max: maxWeight}
	case m.rescan > maxRescan:
		return &Excess{Limit: LimitRescan, Found: m.rescan, Max: maxRescan}
	case m.global > maxGlobal:
		return &Excess{Limit: LimitWarnings, Found: m.global, Max: maxGlobal}
	}
	return nil
}

package catalog

// This file reads trees in the form in which the server stores them (outfuncs.c), as far
// as needed to tell what refers to what within one text.

// nodesOf splits a list of nodes, "({...} {...})", into its nodes. Braces of names stand
// behind a backslash.
func nodesOf(list string) (nodes []string) {
	depth, start := 0, 0
	for i := 0; i < len(list); i++ {
		switch list[i] {
		case '\\':
			i++
		case '{':
			if depth++; depth == 1 {
				start = i
			}
		case '}':
			if depth--; depth == 0 {
				nodes = append(nodes, list[start:i+1])
			}
		}
	}
	return nodes
}

// referredTo keeps the references whose object id a tree has anywhere.
func referredTo(tree string, refs []ref) (within []ref) {
	numbers := make(map[OID]bool)
	for i := 0; i < len(tree); {
		number, start := uint64(0), i
		for ; i < len(tree) && '0' <= tree[i] && tree[i] <= '9'; i++ {
			number = min(number*10+uint64(tree[i]-'0'), 1<<32)
		}
		if i == start {
			i++
		} else if number < 1<<32 {
			numbers[OID(number)] = true
		}
	}
	for _, r := range refs {
		if numbers[r.oid] {
			within = append(within, r)
		}
	}
	return within
}

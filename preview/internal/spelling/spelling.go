// Package spelling finds the known word that a person meant.
package spelling

// Nearest returns the known words that a word is nearest to: those with the least
// Distance, at most two edits away and for a word below six bytes one. It returns
// nothing for a word that is among them.
func Nearest(word string, known []string) []string {
	var nearest []string
	least := min(2, len(word)/3)
	for _, candidate := range known {
		if len(candidate)-len(word) > least || len(word)-len(candidate) > least {
			continue
		}
		switch d := Distance(word, candidate); {
		case d == 0:
			return nil
		case d > least:
		case d < least:
			nearest, least = []string{candidate}, d
		default:
			nearest = append(nearest, candidate)
		}
	}
	return nearest
}

// Distance returns how many edits turn a into b: bytes to insert, delete, replace or swap
// with their neighbour (the optimal string alignment distance). Its time grows with the
// product of both lengths, so Nearest compares only words of nearly the same length.
func Distance(a, b string) int {
	before, above, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range above {
		above[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			changed := above[j-1]
			if a[i-1] != b[j-1] {
				changed++
			}
			row[j] = min(above[j]+1, row[j-1]+1, changed)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, above, row = above, row, before
	}
	return above[len(b)]
}

package sanitize

import "slices"

// An edit is one place of the current text that is not the original: a
// character that became U+FFFD or was removed, or a mask. A hostile value has one
// for each of its characters, so they are small.
type edit struct {
	at       int32 // byte offset in the current text
	kind     Kind
	detector uint16 // of a mask: which of the value's detectors; removed: nothing stands there
}

// removed is the detector of an edit that left nothing in the text.
const removed = 1<<16 - 1

// A splice replaces old bytes at a byte offset by length new ones.
type splice struct {
	at, old, length int32
	kind            Kind
	detector        uint16
}

// apply moves the edits to where they stand after the splices, drops those
// that a splice swallowed, and adds the splices themselves. Both lists are in
// the order of the text, and so is the result.
func apply(edits []edit, splices []splice) []edit {
	if len(splices) == 0 {
		return edits
	}
	merged := make([]edit, 0, len(edits)+len(splices))
	var shift int32
	for _, s := range splices {
		for len(edits) > 0 && (edits[0].at < s.at || edits[0].at == s.at && edits[0].detector == removed) {
			merged = append(merged, edit{edits[0].at + shift, edits[0].kind, edits[0].detector})
			edits = edits[1:]
		}
		for len(edits) > 0 && edits[0].at < s.at+s.old {
			edits = edits[1:]
		}
		merged = append(merged, edit{s.at + shift, s.kind, s.detector})
		shift += s.length - s.old
	}
	for _, e := range edits {
		merged = append(merged, edit{e.at + shift, e.kind, e.detector})
	}
	return merged
}

// before returns the edits that begin before a byte offset.
func before(edits []edit, at int) []edit {
	end, _ := slices.BinarySearchFunc(edits, at, func(e edit, at int) int { return int(e.at) - at })
	return edits[:end]
}

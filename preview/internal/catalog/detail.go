package catalog

import (
	"strconv"
)

// detail reads the fields of an object one after another; the first that is not
// what it must be is an error of them all.
type detail struct {
	fields []string
	err    error
}

func newDetail(text string, fields int) *detail {
	list, err := parseArray(text)
	if err == nil && len(list) != fields {
		err = errAnswer
	}
	if err != nil {
		list = make([]string, fields)
	}
	return &detail{list, err}
}

func (d *detail) fail(err error) {
	if d.err == nil {
		d.err = err
	}
}

func (d *detail) text() string {
	field := d.fields[0]
	d.fields = d.fields[1:]
	return field
}

func (d *detail) letter() byte {
	field := d.text()
	if len(field) != 1 {
		d.fail(errAnswer)
		return 0
	}
	return field[0]
}

func (d *detail) oid() OID {
	oid, err := parseOID(d.text())
	if err != nil {
		d.fail(err)
	}
	return oid
}

func (d *detail) oids() []OID {
	oids, err := parseOIDs(d.text())
	if err != nil {
		d.fail(err)
	}
	return oids
}

func (d *detail) refs() []ref {
	refs, err := parseRefs(d.text())
	if err != nil {
		d.fail(err)
	}
	return refs
}

func (d *detail) flag() bool {
	field := d.text()
	if field != "true" && field != "false" {
		d.fail(errAnswer)
	}
	return field == "true"
}

func (d *detail) number() int {
	n, err := strconv.Atoi(d.text())
	if err != nil {
		d.fail(errAnswer)
	}
	return n
}

func (d *detail) array() []string {
	list, err := parseArray(d.text())
	if err != nil {
		d.fail(err)
	}
	return list
}

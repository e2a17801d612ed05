package slot

import (
	"strconv"
	"strings"
)

// identifier is how numbers of one kind are built.
type identifier struct {
	kind     Kind
	min, max int                  // characters
	accepts  func(c rune) bool    // what may stand in it, in upper case
	check    func(string) Problem // called with a text of legal length and characters
	groups   []int                // how it is read back; the rest is one more group
	proven   bool                 // a check digit tells a misheard digit from a right one
}

var identifiers = []identifier{
	{Ticket, 12, 12, isDigit, checkTicket, []int{6, 3}, true},
	{Phone, 11, 11, isDigit, checkPhone, []int{3, 4}, false},
	{IDCard, 18, 18, func(c rune) bool { return isDigit(c) || c == 'X' }, checkIDCard, []int{6, 4, 4}, true},
	{CreditCode, 18, 18, isCode, checkCreditCode, []int{4, 4, 4, 4}, true},
	{VIN, 17, 17, isCode, checkVIN, []int{3, 5, 3}, true},
	{BankCard, 15, 19, isDigit, checkBankCard, []int{4, 4, 4, 4}, true},
	{Landline, 10, 12, isDigit, checkLandline, nil, false},
	{Plate, 7, 8, func(c rune) bool { return isCode(c) || strings.ContainsRune(plateProvinces, c) }, checkPlate, []int{2}, false},
}

func isCode(c rune) bool { return isDigit(c) || c >= 'A' && c <= 'Z' }

func itoa(n int) string { return strconv.Itoa(n) }

func identifierOf(k Kind) (identifier, bool) {
	for _, id := range identifiers {
		if id.kind == k {
			return id, true
		}
	}
	return identifier{}, false
}

// validate reports what is wrong with a value of this kind, "" for nothing.
func (id identifier) validate(v string) Problem {
	n := 0
	for _, c := range v {
		if !id.accepts(c) {
			return Malformed
		}
		n++
	}
	switch {
	case n == 0:
		return Missing
	case n < id.min:
		return TooShort
	case n > id.max:
		return TooLong
	}
	return id.check(v)
}

// possible reports whether a longer value may still become good: a wrong beginning is told at once.
func (id identifier) possible(v string) bool {
	switch id.kind {
	case Phone:
		return v == "" || v[0] == '1' && (len(v) < 2 || v[1] >= '3')
	case Landline:
		return v == "" || v[0] == '0'
	}
	return true
}

// spell reads an identifier in groups of digits, with 幺 for one: 幺五四，零零零零，幺二三四.
func (id identifier) spell(v string) string {
	r := []rune(v)
	groups := id.groups
	if id.kind == Landline {
		groups = []int{4, 4}
		if strings.HasPrefix(v, "01") || strings.HasPrefix(v, "02") {
			groups = []int{3, 4}
		}
	}
	var b strings.Builder
	for _, n := range append(groups, len(r)) {
		if n = min(n, len(r)); n == 0 {
			break
		}
		if b.Len() > 0 {
			b.WriteString("，")
		}
		b.WriteString(spellDigits(string(r[:n])))
		r = r[n:]
	}
	return b.String()
}

func spellDigits(v string) string {
	var b strings.Builder
	for _, c := range v {
		if isDigit(c) {
			c = []rune("零幺二三四五六七八九")[c-'0']
		}
		b.WriteRune(c)
	}
	return b.String()
}

// Package slot finds and captures the facts of a conversation in Chinese: numbers with check digits,
// places, times, people, organisations and choices, as a recogniser writes them (no punctuation,
// homophones, Chinese numerals, repeats, corrections in the same breath) and as people type them.
//
// Everything is a pure function of its arguments: the clock and the gazetteer come in by Context.
package slot

import "time"

// Kind names what a slot holds. The names are those of the labelled data and of flow files.
type Kind string

// The kinds of slot.
const (
	District   Kind = "district"    // a district or county, by its full name
	Address    Kind = "address"     // a place, in the names of the gazetteer, with the building in Arabic digits
	Time       Kind = "time"        // when or how long, in the words that were said; ResolveTime gives the dates
	Person     Kind = "person"      // a name, or a surname with its title
	Phone      Kind = "phone"       // a mobile number, 11 digits
	Landline   Kind = "landline"    // a fixed line with its area code, 10 to 12 digits
	Org        Kind = "org"         // an organisation, by its full name if it is known
	Plate      Kind = "plate"       // a number plate, GA 36: 7 characters, 8 for new energy
	Ticket     Kind = "ticket"      // a work order: YYMMDD, five digits, a Luhn digit
	Amount     Kind = "amount"      // yuan, in digits
	Route      Kind = "route"       // a bus route in digits, or a metro line
	VIN        Kind = "vin"         // a vehicle, ISO 3779, 17 characters with a check digit
	Item       Kind = "item"        // a thing that was lost
	Service    Kind = "service"     // the emergency service that is needed: 110, 119 or 120
	IDCard     Kind = "id_card"     // an identity number, GB 11643, 18 characters
	CreditCode Kind = "credit_code" // a unified social credit code, GB 32100, 18 characters
	BankCard   Kind = "bank_card"   // a bank card, 16 to 19 digits with a Luhn digit
	YesNo      Kind = "yes_no"      // "yes", "no" or "unsure"
	Choice     Kind = "choice"      // one of Context.Options, by its number or its name
)

// Context is what the words are read against. The zero value reads everything but known places
// and organisations.
type Context struct {
	Places  *Gazetteer     // may be nil
	Orgs    *Organisations // may be nil
	Now     time.Time      // what "昨晚" counts from
	Region  string         // district the conversation is about, by its full name, or ""
	Act     string         // what the caller is doing ("complain", "emergency", …), or "" when that is not known
	Options []string       // what a Choice chooses from, in the order it was offered
}

// Found is one slot in a narration.
type Found struct {
	Kind       Kind
	Value      string      // in the canonical form of its kind
	Text       string      // the words it was read from
	Start, End int         // where in the sentence, in runes of its NFKC form; 0, 0 when spread over it
	Repaired   bool        // a misheard character was put right, so it must be confirmed
	Places     []Candidate // for an Address: the places of this name, more than one if it is ambiguous
	Confidence float64     // 0…1
}

// Candidate is one of several things that words may mean.
type Candidate struct {
	Value    string // canonical value
	Label    string // how it is offered to a person: 东湖区幸福小区
	District string // for a place: the district it lies in
	ID       string // for a place or an organisation: its id
}

// Problem says why a capture has no value yet.
type Problem string

// What can be wrong with an answer. The empty Problem is none.
const (
	Missing   Problem = "missing"   // nothing of this kind was said
	TooShort  Problem = "too_short" // more digits must follow; Partial holds those that came
	TooLong   Problem = "too_long"  // more digits than this kind has
	Malformed Problem = "malformed" // a prefix, date or character that this kind cannot have
	Checksum  Problem = "checksum"  // the check digit does not fit, so a digit was misheard or mistyped
	Unknown   Problem = "unknown"   // not in the gazetteer, the organisations or the options
	Ambiguous Problem = "ambiguous" // Candidates holds what it may be
)

// Captured is the answer to one question.
type Captured struct {
	Value      string      // canonical value, "" while there is a Problem
	Spoken     string      // how it is read back: 幺五四，零零零零，幺二三四
	Problem    Problem     // "" when Value is good
	Partial    string      // pass it to the next Capture of this slot
	Candidates []Candidate // for Ambiguous, best first
	Repaired   bool        // a misheard character was put right, so it must be confirmed
	Confidence float64     // 0…1
}

// maxRunes bounds what is read of one message; a story of 90 s has some 500.
const maxRunes = 4000

// Masked returns a value as it may be shown to people who need not know it: 154****1234.
// Kinds that identify nobody are returned as they are.
func Masked(k Kind, value string) string {
	r := []rune(value)
	head, tail := 0, 0
	switch k {
	case Phone, Landline:
		head, tail = 3, 4
	case IDCard, BankCard, CreditCode:
		head, tail = 4, 4
	case VIN:
		head, tail = 3, 6
	case Plate:
		head, tail = 2, 2
	case Person:
		head = 1
	default:
		return value
	}
	for i := head; i < len(r)-tail; i++ {
		r[i] = '*'
	}
	if len(r) <= head+tail && len(r) > 1 && k != Person {
		for i := 1; i < len(r); i++ {
			r[i] = '*'
		}
	}
	return string(r)
}

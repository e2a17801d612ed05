package gateway

import (
	"regexp"
	"strings"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/api"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/dialog/slot"
	"github.com/hotline-cc/hotline/phone/place"
	"github.com/hotline-cc/hotline/sip"
)

// callable tells whether somebody may be called back on a number. It is whatever the network or the person said, so it may
// be one that costs what its owner likes: the numbers of people in this country are called, and what desk.allow has.
func (g *Gateway) callable(number string) bool {
	return digits(number) && subscriber(number) || allowed(g.cfg.Desk.Allow, number)
}

// satellites are how the mobile numbers begin that are dear to call.
var satellites = regexp.MustCompile(`^(1349|174)`)

// nearby is a land line without its area code: 1 and 9 begin services, 0 leads elsewhere.
var nearby = regexp.MustCompile(`^[2-8][0-9]{6,7}$`)

// subscriber tells whether a number is that of a mobile phone or a land line in this country, as networks present it.
func subscriber(number string) bool {
	if strings.HasPrefix(number, "861") && len(number) == 13 {
		number = "+" + number
	}
	n := place.National(number)
	return slot.Validate(slot.Phone, n) == "" && !satellites.MatchString(n) || slot.Validate(slot.Landline, n) == "" || nearby.MatchString(number)
}

// mayCall refuses what may be called neither back nor by choice.
func (g *Gateway) mayCall(number string) error {
	if !g.callable(number) {
		return hotline.Errorf("dial", hotline.CodeForbidden, "该号码不能回拨，也不在允许外呼的名单中 the number may not be called back, nor does desk.allow have it")
	}
	return nil
}

// allowed tells whether a number is on a list of numbers and beginnings with *.
func allowed(list []string, number string) bool {
	for _, entry := range list {
		if start, open := strings.CutSuffix(entry, "*"); entry == number || open && strings.HasPrefix(number, start) {
			return number != "" && digits(number)
		}
	}
	return false
}

// reach is the number on which the person of a conversation can be called back, "" for none.
func (g *Gateway) reach(talk desk.Talk, s dialog.State) string {
	if e, ok := g.engine().(interface{ Number(dialog.State) string }); ok {
		return e.Number(s)
	}
	if g.callable(talk.Caller) {
		return talk.Caller
	}
	return ""
}

// shown is what a phone is told of who calls: nothing of somebody who has no number, as callers from pages.
func shown(caller string) string {
	if caller == "" || !sip.IsUser(caller) {
		return "anonymous"
	}
	return caller
}

// recognised tells whether a caller is one person whose next call is known to be theirs: a visitor whom a system has named, or
// who calls from a telephone number.
func recognised(caller string) bool {
	number := strings.TrimPrefix(caller, "+")
	return api.OnePerson(caller) &&
		(strings.HasPrefix(caller, "key:") || len(number) >= shortestNumber && digits(number) && strings.Trim(number, "0") != "")
}

// shortestNumber is that of an extension. Networks write 0 or the like for a number that is withheld.
const shortestNumber = 3

// digits tells whether a text has nothing but digits, after a plus or not.
func digits(number string) bool {
	for i, r := range number {
		if (r < '0' || r > '9') && (r != '+' || i > 0) {
			return false
		}
	}
	return true
}

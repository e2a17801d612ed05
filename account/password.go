package account

import (
	_ "embed" // for the list
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/hotline-cc/hotline"
)

// Rules is what a password has to be. Long and uncommon is what helps (NIST SP 800-63B); classes and an
// age are there for those whom MLPS level 3 obliges.
type Rules struct {
	Length  int           // characters at least; 0 is 10
	Classes int           // of small letters, capitals, digits and other characters, at least
	MaxAge  time.Duration // after which it has to be changed; 0 is never
}

const (
	defaultLength = 10
	maxPassword   = 128 // characters; hashing takes as long for all of them
	leftOver      = 4   // different characters that have to be left without what is common
)

// common is what passwords are made of that are tried first: words, rows of keys, numbers that sound
// like a wish. The longest come first, as what is in another one must not be taken out before it.
//
//go:embed common.txt
var common string

// check tells whether somebody may have a password; the error says why not, in words for that person.
func (r Rules) check(login, password string) error {
	text := norm.NFKC.String(password)
	length := utf8.RuneCountInString(text)
	least := r.Length
	if least == 0 {
		least = defaultLength
	}
	switch {
	case length < least:
		return weak("密码至少 %d 个字符 the password wants %d characters at least", least, least)
	case length > maxPassword || strings.ContainsRune(text, 0):
		return weak("密码最多 %d 个字符 the password wants %d characters at most", maxPassword, maxPassword)
	case classes(text) < r.Classes:
		return weak("密码要有大写字母、小写字母、数字、其他符号中的 %d 种 the password wants %d of small letters, capitals, digits, other characters", r.Classes, r.Classes)
	case !strings.ContainsFunc(text, func(c rune) bool { return !unicode.IsDigit(c) }):
		return weak("密码不能全是数字，如电话、生日、证件号 the password must not be all digits, as telephone numbers and birthdays are")
	case distinct(uncommon(login, text)) < leftOver:
		return weak("这个密码太常见，或由登录名变化而来 the password is too common, or made of the login")
	}
	return nil
}

func weak(format string, args ...any) error {
	return refuse("check password", hotline.CodeInvalid, Refused{Reason: Weak, Detail: fmt.Sprintf(format, args...)})
}

// lookalike undoes what people take for clever.
var lookalike = strings.NewReplacer("@", "a", "4", "a", "0", "o", "1", "i", "!", "i", "3", "e", "$", "s", "5", "s")

// uncommon returns what is left of a password without common parts and the login. What is common
// only behind lookalikes is looked for in a second reading; the shorter rest counts.
func uncommon(login, password string) string {
	plain := strings.ToLower(password)
	rest, read := strip(plain, login), strip(lookalike.Replace(plain), lookalike.Replace(login))
	if distinct(read) < distinct(rest) {
		return read
	}
	return rest
}

func strip(text, login string) string {
	text = strings.ReplaceAll(text, login, "\x00") // no two halves make a word
	for word := range strings.FieldsSeq(common) {
		text = strings.ReplaceAll(text, word, "\x00")
	}
	return strings.ReplaceAll(text, "\x00", "")
}

func distinct(text string) int {
	seen := map[rune]bool{}
	for _, c := range text {
		seen[c] = true
	}
	return len(seen)
}

func classes(text string) (n int) {
	letter := func(c rune) bool { return unicode.IsLower(c) || unicode.IsUpper(c) || unicode.IsDigit(c) }
	for _, is := range []func(rune) bool{unicode.IsLower, unicode.IsUpper, unicode.IsDigit, func(c rune) bool { return !letter(c) }} {
		if strings.ContainsFunc(text, is) {
			n++
		}
	}
	return n
}

// NewPassword returns a random one that is easy to read out: 90 bits in groups of small letters and digits.
func NewPassword() string {
	text := strings.ToLower(base32Text.EncodeToString(random(12)))[:18]
	return text[:6] + "-" + text[6:12] + "-" + text[12:]
}

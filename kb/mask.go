package kb

import (
	"regexp"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// What stands in the place of personal data.
const (
	maskedPhone  = "[手机号]"
	maskedID     = "[证件号]"
	maskedNumber = "[号码]"
	maskedMail   = "[邮箱]"
	maskedPlate  = "[车牌]"
)

// longNumber is how many digits make a number personal: service numbers have at most 5, years 4.
const longNumber = 7

var (
	mailPattern  = regexp.MustCompile(`[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+`)
	platePattern = regexp.MustCompile(`[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Za-z][A-Za-z0-9]{5,6}`)
	datePattern  = regexp.MustCompile(`^\d{4}[-./]\d{1,2}[-./]\d{1,2}$`)
)

// Mask replaces what tells who somebody is: mobile numbers, identity numbers, other long numbers
// (land lines, bank cards, work orders), mail addresses and plates. Digits may be Arabic, full-width
// or Chinese as a recogniser writes them (幺三八…), with spaces or dashes among them.
func Mask(text string) string {
	text = mailPattern.ReplaceAllString(norm.NFKC.String(text), maskedMail)
	text = platePattern.ReplaceAllString(text, maskedPlate)
	runes := []rune(text)
	var b strings.Builder
	for i := 0; i < len(runes); {
		digits, n := digitRun(runes[i:])
		if n == 0 {
			b.WriteRune(runes[i])
			i++
			continue
		}
		if plain := string(runes[i : i+n]); len(digits) < longNumber || datePattern.MatchString(plain) {
			b.WriteString(plain)
		} else {
			b.WriteString(kindOfNumber(digits))
		}
		i += n
	}
	return b.String()
}

// digitRun reads digits at the beginning of a text, single separators among them aside, and an X
// where an identity number ends in one.
func digitRun(text []rune) (digits string, n int) {
	var b strings.Builder
	for i, r := range text {
		switch d := anyDigit(r); {
		case d >= 0:
			b.WriteByte(byte('0' + d))
			n = i + 1
		case (r == 'x' || r == 'X') && b.Len() == 17:
			return b.String() + "X", i + 1
		case n == 0 || n < i || !strings.ContainsRune(" -.,/", r):
			return b.String(), n
		}
	}
	return b.String(), n
}

func anyDigit(r rune) int {
	if r >= '0' && r <= '9' {
		return int(r - '0')
	}
	if r == '两' { // nobody spells a number with 两
		return -1
	}
	return digit(r)
}

func kindOfNumber(digits string) string {
	switch {
	case len(digits) == 18 || len(digits) == 15:
		return maskedID
	case len(digits) == 11 && digits[0] == '1', len(digits) == 13 && strings.HasPrefix(digits, "861"):
		return maskedPhone
	}
	return maskedNumber
}

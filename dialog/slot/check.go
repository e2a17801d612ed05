package slot

import (
	"fmt"
	"strings"
	"time"
)

// CheckDigit returns the Luhn check digit of a row of digits (ISO/IEC 7812-1 annex B).
func CheckDigit(digits string) byte {
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return byte('0' + (10-sum%10)%10)
}

// luhn reports whether a text is digits of which the last is the check digit of the others.
func luhn(digits string) bool {
	last := len(digits) - 1
	return last > 0 && strings.Trim(digits, "0123456789") == "" && digits[last] == CheckDigit(digits[:last])
}

// TicketNumber makes the number of a work order: YYMMDD of the day, five digits, a Luhn digit.
func TicketNumber(day time.Time, serial int64) string {
	body := day.Format("060102") + fmt.Sprintf("%05d", serial)
	return body + string(CheckDigit(body))
}

// checkTicket: YYMMDD of the day it was filed, five digits, a Luhn digit.
func checkTicket(v string) Problem {
	if !date("060102", v[:6]) {
		return Malformed
	}
	return unless(luhn(v), Checksum)
}

// checkPhone: mainland mobile numbers begin with 13 to 19.
func checkPhone(v string) Problem {
	return unless(v[0] == '1' && v[1] >= '3', Malformed)
}

// checkLandline: area code 010, 02x or 03xx to 09xx, then seven or eight digits that begin with 2 to 8.
func checkLandline(v string) Problem {
	if v[0] != '0' || v[1] == '0' {
		return Malformed
	}
	area := 4
	if v[1] == '1' || v[1] == '2' {
		area = 3
	}
	if v[1] == '1' && v[2] != '0' {
		return Malformed
	}
	local := len(v) - area
	switch {
	case local < 7:
		return TooShort
	case local > 8:
		return TooLong
	}
	return unless(v[area] >= '2' && v[area] <= '8', Malformed)
}

// provinces are the first two digits of GB/T 2260 codes in use, 83 being that of residence permits for Taiwan.
const provinces = "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83"

// checkIDCard follows GB 11643: province, date of birth, ISO 7064 MOD 11-2 over the first 17 digits.
func checkIDCard(v string) Problem {
	if !strings.Contains(provinces, v[:2]) || strings.ContainsRune(v[:17], 'X') || !date("20060102", v[6:14]) ||
		v[6:10] < "1880" || v[6:10] > "2099" {
		return Malformed
	}
	sum := 0
	for i, w := range [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} {
		sum += w * int(v[i]-'0')
	}
	return unless(v[17] == "10X98765432"[sum%11], Checksum)
}

// creditAlphabet is that of GB 32100: no I, O, S, V, Z.
const creditAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"

// checkCreditCode follows GB 32100: MOD 31 over the first 17 characters.
func checkCreditCode(v string) Problem {
	sum, weight := 0, 1
	for i := range 17 {
		c := strings.IndexByte(creditAlphabet, v[i])
		if c < 0 || i >= 2 && i < 8 && c > 9 {
			return Malformed
		}
		sum += c * weight
		weight = weight * 3 % 31
	}
	return unless(v[17] == creditAlphabet[(31-sum%31)%31], Checksum)
}

// vinValues are the numbers ISO 3779 practice gives A to Z; I, O and Q do not occur.
const vinValues = "12345678.12345.7.923456789"

// checkVIN weighs the 17 characters; the ninth is the check digit (GB 16735, 49 CFR 565).
func checkVIN(v string) Problem {
	sum := 0
	for i, w := range [17]int{8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2} {
		n := int(v[i] - '0')
		if v[i] >= 'A' && v[i] <= 'Z' {
			if n = int(vinValues[v[i]-'A']) - '0'; n < 0 {
				return Malformed
			}
		}
		sum += w * n
	}
	return unless(v[8] == "0123456789X"[sum%11], Checksum)
}

// bankCardLengths says how long cards of a scheme are, by the longest prefix that fits.
var bankCardLengths = []struct {
	prefix  string
	lengths string // "16 19"
}{
	{"62", "16 17 18 19"}, {"60", "16 17 18 19"}, {"81", "16 17 18 19"}, {"9", "16 17 18 19"}, // UnionPay and older domestic debit
	{"4", "16 18 19"}, {"5", "16 18 19"}, {"2", "16"}, {"35", "16"}, {"34", "15"}, {"37", "15"}, {"36", "16"}, {"30", "16"},
}

// checkBankCard: a known prefix with a length it may have, then Luhn.
func checkBankCard(v string) Problem {
	length := itoa(len(v))
	for _, b := range bankCardLengths {
		if strings.HasPrefix(v, b.prefix) && strings.Contains(b.lengths, length) {
			return unless(luhn(v), Checksum)
		}
	}
	for _, b := range bankCardLengths {
		if strings.HasPrefix(v, b.prefix) && length < b.lengths[len(b.lengths)-2:] {
			return TooShort
		}
	}
	return Malformed
}

// plateProvinces are the first characters of plates (GA 36).
const plateProvinces = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"

// checkPlate follows GA 36: province, letter, five of 0-9 A-Z without I and O of which at least two
// digits; a new-energy plate has six, with A to K in the first place or, for large vehicles, the last.
func checkPlate(v string) Problem {
	r := []rune(v)
	serial := string(r[2:])
	digits := 0
	for _, c := range serial {
		if c == 'I' || c == 'O' {
			return Malformed
		}
		if isDigit(c) {
			digits++
		}
	}
	if !strings.ContainsRune(plateProvinces, r[0]) || r[1] < 'A' || r[1] > 'Z' || digits < 2 {
		return Malformed
	}
	if len(r) == 7 {
		return ""
	}
	energy := func(c byte) bool { return c >= 'A' && c <= 'K' }
	small := energy(serial[0]) && digits >= 4 && isDigit(rune(serial[5]))
	large := energy(serial[5]) && digits == 5
	return unless(small || large, Malformed)
}

func unless(ok bool, p Problem) Problem {
	if ok {
		return ""
	}
	return p
}

func date(layout, v string) bool {
	_, err := time.Parse(layout, v)
	return err == nil
}

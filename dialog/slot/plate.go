package slot

import "strings"

// plateSounds are characters that a recogniser writes for spelled letters.
var plateSounds = map[rune]rune{
	'诶': 'A', '必': 'B', '比': 'B', '逼': 'B', '西': 'C', '迪': 'D', '弟': 'D', '地': 'D', '第': 'D', '伊': 'E', '艾': 'F', '鸡': 'G', '吉': 'G', '杰': 'J', '凯': 'K', '开': 'K', '恩': 'N', '屁': 'P', '批': 'P', '提': 'T', '踢': 'T', '优': 'U', '微': 'V', '歪': 'Y', '外': 'Y', '贼': 'Z', 'Z': 'Z',
}

// platePlace are characters written for the province where a plate must begin.
var platePlace = map[rune]rune{'运': '云', '芸': '云', '匀': '云', '允': '云', '经': '京', '户': '沪', '月': '粤', '越': '粤', '穿': '川', '余': '渝', '鱼': '渝', '完': '皖', '饿': '鄂', '贵': '贵'}

// plates finds number plates: 云ZD4037, 云 z d 四零三七. What is not sure must be proven by the form
// of a plate.
func (s sentence) plates() []run {
	var list []run
	for i := 0; i+6 < s.len(); i++ {
		if r, ok := s.plateAt(i); ok {
			list = append(list, r)
			i = r.to - 1
		}
	}
	return list
}

type plateRun = run

func (s sentence) plateAt(i int) (plateRun, bool) {
	province := s.r[i]
	unsure := false
	if !strings.ContainsRune(plateProvinces, province) {
		p, ok := platePlace[province]
		if !ok || i+1 >= s.len() || s.r[i+1] < 'A' || s.r[i+1] > 'Z' {
			return run{}, false
		}
		province, unsure = p, true
	}
	value := []rune{province}
	j := i + 1
	for j < s.len() && len(value) < 8 {
		if n := s.hasAny(j, fillers...); n > 0 && len(value) > 1 {
			j += n
			continue
		}
		c := s.r[j]
		d, digit := digitOf(c)
		sound, heard := plateSounds[c]
		switch {
		case digit && len(value) > 1:
			value = append(value, rune(d))
		case c >= 'A' && c <= 'Z':
			value = append(value, c)
		case heard && len(value) <= 3 && s.plateGoesOn(j+1):
			value, unsure = append(value, sound), true
		case c == '点' || c == '杠':
		default:
			return s.platEnd(i, j, value, unsure)
		}
		j++
	}
	return s.platEnd(i, j, value, unsure)
}

func (s sentence) plateGoesOn(j int) bool {
	if j >= s.len() {
		return false
	}
	_, digit := digitOf(s.r[j])
	return digit || s.r[j] >= 'A' && s.r[j] <= 'Z'
}

// platEnd accepts the longest beginning that is a plate.
func (s sentence) platEnd(i, j int, value []rune, unsure bool) (plateRun, bool) {
	id, _ := identifierOf(Plate)
	for n := len(value); n >= 7; n-- {
		if v := string(value[:n]); id.validate(v) == "" {
			r := run{from: i, to: j - (len(value) - n), value: []byte(v)}
			if unsure {
				r.unsure = []bool{true}
			}
			return r, true
		}
	}
	return run{}, false
}

package slot

import "strings"

// plateSound gives the letter for characters that a recogniser writes when letters are spelled.
func plateSound(c rune) (rune, bool) {
	for _, p := range []struct {
		sounds string
		letter rune
	}{
		{"诶", 'A'}, {"必比逼币", 'B'}, {"西", 'C'}, {"迪弟地第低", 'D'}, {"伊", 'E'}, {"艾", 'F'}, {"鸡吉", 'G'}, {"杰", 'J'}, {"凯开", 'K'}, {"恩", 'N'}, {"屁批", 'P'}, {"提踢", 'T'}, {"优", 'U'}, {"微", 'V'}, {"歪外", 'Y'}, {"贼", 'Z'},
	} {
		if strings.ContainsRune(p.sounds, c) {
			return p.letter, true
		}
	}
	return 0, false
}

// provinceSound gives the province for characters that sound like it.
func provinceSound(c rune) (rune, bool) {
	for _, p := range []struct {
		sounds   string
		province rune
	}{{"运芸匀允", '云'}, {"经", '京'}, {"户", '沪'}, {"月越", '粤'}, {"穿", '川'}, {"余鱼", '渝'}, {"完", '皖'}, {"饿", '鄂'}} {
		if strings.ContainsRune(p.sounds, c) {
			return p.province, true
		}
	}
	return 0, false
}

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

// plateAt accepts the longest beginning of what is spelled at i that is a plate.
func (s sentence) plateAt(i int) (run, bool) {
	id, _ := identifierOf(Plate)
	value, ends, unsure := s.plateRunes(i)
	for n := len(value); n >= 7; n-- {
		v := string(value[:n])
		if id.validate(v) != "" {
			continue
		}
		r := run{from: i, to: ends[n-1], value: []byte(v)}
		if unsure {
			r.unsure = []bool{true}
		}
		return r, true
	}
	return run{}, false
}

// plateRunes reads up to eight characters of a plate at i, with where each ends.
func (s sentence) plateRunes(i int) (value []rune, ends []int, unsure bool) {
	province := s.r[i]
	if !strings.ContainsRune(plateProvinces, province) {
		p, ok := provinceSound(province)
		if !ok || i+1 >= s.len() || s.r[i+1] < 'A' || s.r[i+1] > 'Z' {
			return nil, nil, false
		}
		province, unsure = p, true
	}
	value, ends = []rune{province}, []int{i + 1}
	for j := i + 1; j < s.len() && len(value) < 8; j++ {
		c := s.r[j]
		d, digit := digitOf(c)
		letter, heard := plateSound(c)
		switch {
		case digit && len(value) > 1:
			value = append(value, rune(d))
		case c >= 'A' && c <= 'Z':
			value = append(value, c)
		case heard && len(value) <= 3 && s.plateGoesOn(j+1):
			value, unsure = append(value, letter), true
		default:
			n := s.hasAny(j, fillers...)
			if n == 0 {
				return value, ends, unsure
			}
			j += n - 1
			continue
		}
		ends = append(ends, j+1)
	}
	return value, ends, unsure
}

func (s sentence) plateGoesOn(j int) bool {
	if j >= s.len() {
		return false
	}
	_, digit := digitOf(s.r[j])
	return digit || s.r[j] >= 'A' && s.r[j] <= 'Z'
}

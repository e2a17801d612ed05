package g722

// qmf is one half of the symmetric 24-tap quadrature mirror filter (G.722 table 11).
var qmf = [12]int32{3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11}

// filterBank splits 16 kHz sound into two bands of 8 kHz, or joins them again.
type filterBank struct {
	even, odd [12]int32 // the last samples of each parity, newest last
}

// analyse takes two samples and returns one of each band (G.722 section 3.1).
func (f *filterBank) analyse(first, second int16) (low, high int32) {
	a, b := f.run(int32(first), int32(second))
	return (b + a) >> 14, (b - a) >> 14
}

// synthesise takes one sample of each band and returns two (G.722 section 4.4).
func (f *filterBank) synthesise(low, high int32) (first, second int16) {
	a, b := f.run(low+high, low-high)
	return int16(saturate(b >> 11)), int16(saturate(a >> 11))
}

// run shifts in one sample a parity and filters both.
func (f *filterBank) run(even, odd int32) (sumEven, sumOdd int32) {
	copy(f.even[:], f.even[1:])
	copy(f.odd[:], f.odd[1:])
	f.even[11], f.odd[11] = even, odd
	for i, c := range qmf {
		sumEven += c * f.even[i]
		sumOdd += c * f.odd[11-i]
	}
	return sumEven, sumOdd
}

// saturate limits v to 16 bits.
func saturate(v int32) int32 { return max(-32768, min(v, 32767)) }

package g722

// Quantiser tables of the lower band (G.722 tables 7 to 10 and 14 to 17), scaled as in the
// standard: decision levels in 1/4096 and output levels in 1/32768 of the step size.
var (
	levels6 = [29]int32{
		35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714,
		786, 858, 940, 1023, 1121, 1219, 1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919,
	}
	outputs6 = [64]int32{
		-136, -136, -136, -136, -24808, -21904, -19008, -16704,
		-14984, -13512, -12280, -11192, -10232, -9360, -8576, -7856,
		-7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576,
		-3168, -2776, -2400, -2032, -1688, -1360, -1040, -728,
		24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192,
		10232, 9360, 8576, 7856, 7192, 6576, 6000, 5456,
		4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032,
		1688, 1360, 1040, 728, 432, 136, -432, -136,
	}
	outputs4 = [16]int32{
		0, -20456, -12896, -8968, -6288, -4240, -2584, -1200,
		20456, 12896, 8968, 6288, 4240, 2584, 1200, 0,
	}
	// growth4 is what each 4-bit code adds to the logarithmic step size.
	growth4 = [16]int32{-60, 3042, 1198, 538, 334, 172, 58, -30, 3042, 1198, 538, 334, 172, 58, -30, -60}
)

// Quantiser tables of the upper band (G.722 tables 11, 12, 18 and 19).
var (
	outputs2 = [4]int32{-7408, -1616, 7408, 1616}
	growth2  = [4]int32{798, -214, 798, -214}
)

// inverseLog is the linear step size for the five fractional bits of its logarithm (table 20).
var inverseLog = [32]int32{
	2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834,
	2896, 2960, 3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
}

// band is the adaptive quantiser of one half band with its predictor.
type band struct {
	predictor
	step    int32 // current step size
	logStep int32
	maxLog  int32
	shift   int32 // scale of the step size: 8 for the lower, 10 for the upper band
}

func newLowBand() band  { return band{step: 32, maxLog: 18432, shift: 8} }
func newHighBand() band { return band{step: 8, maxLog: 22528, shift: 10} }

// encodeLow returns the 6-bit code of a sample of the lower band.
func (b *band) encodeLow(x int32) byte {
	diff := saturate(x - b.estimate)
	magnitude := diff
	if diff < 0 {
		magnitude = ^diff
	}
	level := 0
	for level < len(levels6) && magnitude >= levels6[level]*b.step>>12 {
		level++
	}
	code := byte(61 - level)
	if diff < 0 {
		// Two more negative codes, 63 and 62, stand for the innermost levels.
		if code = byte(33 - level); level < 2 {
			code = byte(63 - level)
		}
	}
	b.adaptLow(code)
	return code
}

// decodeLow returns the sample a 6-bit code stands for.
func (b *band) decodeLow(code byte) int32 {
	x := b.estimate + b.step*outputs6[code]>>15
	b.adaptLow(code)
	return limit15(x)
}

// adaptLow follows the four upper bits only, so that a receiver of 56 or 48 kbit/s, for whom the
// lower bits are stolen, stays in step.
func (b *band) adaptLow(code byte) {
	diff := b.step * outputs4[code>>2] >> 15
	b.scale(growth4[code>>2])
	b.update(diff)
}

// encodeHigh returns the 2-bit code of a sample of the upper band.
func (b *band) encodeHigh(x int32) byte {
	diff := saturate(x - b.estimate)
	magnitude, code := diff, byte(3)
	if diff < 0 {
		magnitude, code = ^diff, 1
	}
	if magnitude >= 564*b.step>>12 {
		code--
	}
	b.decodeHigh(code)
	return code
}

// decodeHigh returns the sample a 2-bit code stands for.
func (b *band) decodeHigh(code byte) int32 {
	diff := b.step * outputs2[code] >> 15
	x := b.estimate + diff
	b.scale(growth2[code])
	b.update(diff)
	return limit15(x)
}

// scale moves the step size (blocks LOGSCL, SCALEL, LOGSCH and SCALEH).
func (b *band) scale(growth int32) {
	b.logStep = max(0, min(b.logStep*127>>7+growth, b.maxLog))
	step := inverseLog[b.logStep>>6&31]
	if shift := b.shift - b.logStep>>11; shift >= 0 {
		step >>= shift
	} else {
		step <<= -shift
	}
	b.step = step << 2
}

func limit15(v int32) int32 { return max(-16384, min(v, 16383)) }

// predictor guesses the next sample of a band with two poles and six zeros that adapt to the
// signs of what came before (G.722 section 3.6).
type predictor struct {
	estimate     int32 // prediction of the next sample
	fromZeros    int32 // the part of it that the zeros contribute
	poles        [2]int32
	zeros        [6]int32
	diffs        [6]int32 // quantised differences, newest first
	partial      [2]int32 // differences plus the zeros' part, newest first
	reconstructs [2]int32 // reconstructed samples, newest first
}

// update takes the quantised difference of one sample and predicts the next.
func (p *predictor) update(diff int32) {
	reconstructed := saturate(p.estimate + diff)
	partial := saturate(p.fromZeros + diff)
	p.adaptPoles(partial)
	p.adaptZeros(diff)

	p.partial = [2]int32{partial, p.partial[0]}
	p.reconstructs = [2]int32{reconstructed, p.reconstructs[0]}
	copy(p.diffs[1:], p.diffs[:5])
	p.diffs[0] = diff

	p.fromZeros = 0
	for i, z := range p.zeros {
		p.fromZeros += z * saturate(2*p.diffs[i]) >> 15
	}
	p.fromZeros = saturate(p.fromZeros)
	fromPoles := saturate(p.poles[0]*saturate(2*p.reconstructs[0])>>15 +
		p.poles[1]*saturate(2*p.reconstructs[1])>>15)
	p.estimate = saturate(fromPoles + p.fromZeros)
}

// adaptPoles keeps the poles inside the stable triangle (blocks UPPOL1 and UPPOL2).
func (p *predictor) adaptPoles(partial int32) {
	toSecond := saturate(4 * p.poles[0])
	toFirst := int32(-192)
	if sameSign(partial, p.partial[0]) {
		toSecond = min(-toSecond, 32767)
		toFirst = 192
	}
	second := toSecond>>7 - 128
	if sameSign(partial, p.partial[1]) {
		second += 256
	}
	second = max(-12288, min(second+p.poles[1]*32512>>15, 12288))
	bound := saturate(15360 - second)
	first := saturate(toFirst + p.poles[0]*32640>>15)
	p.poles = [2]int32{max(-bound, min(first, bound)), second}
}

// adaptZeros is block UPZERO.
func (p *predictor) adaptZeros(diff int32) {
	for i, z := range p.zeros {
		z = z * 32640 >> 15
		switch {
		case diff == 0:
		case sameSign(diff, p.diffs[i]):
			z += 128
		default:
			z -= 128
		}
		p.zeros[i] = saturate(z)
	}
}

// sameSign counts zero as positive.
func sameSign(a, b int32) bool { return a>>31 == b>>31 }

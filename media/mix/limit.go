package mix

import "math"

// knee is where Soften begins: 2.5 dB below full scale.
const knee = 3 << 13

// Soften fits a sum of samples into 16 bits. Sums below 2.5 dB under full scale stay as they are;
// above, a hyperbola with the same slope there approaches full scale, so that loud talkers
// together neither wrap nor clip hard.
func Soften(sum int32) int16 {
	const room = math.MaxInt16 - knee
	switch {
	case sum > knee:
		over := int64(sum) - knee
		return int16(knee + room*over/(over+room))
	case sum < -knee:
		over := -int64(sum) - knee
		return int16(-knee - room*over/(over+room))
	}
	return int16(sum)
}

// limit writes sums of so many voices as samples. One voice fits as it is.
func limit(dst []int16, sum []int32, voices int) {
	if voices <= 1 {
		for i, s := range sum {
			dst[i] = int16(s)
		}
		return
	}
	for i, s := range sum {
		dst[i] = Soften(s)
	}
}

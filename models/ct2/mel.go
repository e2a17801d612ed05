package ct2

import "math"

// melBins is the number of bins of a 400-point spectrum at 16 kHz, 40 Hz apart.
const melBins = 201

// melFilters returns the triangular filters of Slaney's mel scale up to 8 kHz, each of unit area,
// filter after filter. The explicit conversions forbid fused multiply-add and fix where
// the values are rounded to float32, so that every machine gets the same bits.
func melFilters(mels int) []float32 {
	edges := make([]float64, mels+2)
	top := hertzToMel(8000)
	for i := range edges {
		edges[i] = melToHertz(float64(float64(i)*top) / float64(mels+1))
	}
	filters := make([]float32, 0, mels*melBins)
	for i := range mels {
		low, centre, high := edges[i], edges[i+1], edges[i+2]
		area := 2 / (high - low)
		for bin := range melBins {
			f := float64(40 * bin)
			weight := min((f-low)/(centre-low), (high-f)/(high-centre))
			if !(weight > 0) {
				weight = 0 // never the negative zero
			}
			filters = append(filters, float32(float64(float32(weight))*area))
		}
	}
	return filters
}

// The scale is linear to 1 kHz, which is 15 mel, and logarithmic above with 27 mel to a factor of 6.4.
func hertzToMel(f float64) float64 {
	if f < 1000 {
		return f / (200.0 / 3)
	}
	return 15 + math.Log(f/1000)/(math.Log(6.4)/27)
}

func melToHertz(m float64) float64 {
	if m < 15 {
		return float64(m * (200.0 / 3))
	}
	return float64(1000 * math.Exp(float64(math.Log(6.4)/27*(m-15))))
}

package kokoro

import (
	"os"
	"path/filepath"
)

// LibraryVariable is the environment variable that names the onnxruntime shared library.
const LibraryVariable = "HOTLINE_ONNXRUNTIME"

// LibraryPath returns where the onnxruntime shared library is expected: what LibraryVariable says,
// else the user's cache folder ($XDG_CACHE_HOME/hotline/native/onnxruntime).
func LibraryPath() string {
	if path := os.Getenv(LibraryVariable); path != "" {
		return path
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = ""
	}
	return filepath.Join(cache, "hotline", "native", "onnxruntime", "libonnxruntime.so")
}

package hashdb

import "github.com/vigil-stream/vigil/internal/folder"

// disk is the folder of the lists, and every change that is made to it.
type disk struct{ folder.Folder }

func newDisk(dir string, step func(op, name string) error) disk {
	return disk{folder.Folder{Dir: dir, Of: "hash lists", Temp: tempSuffix, Step: step}}
}

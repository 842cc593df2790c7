package typology

import (
	_ "embed"
	"slices"

	"github.com/vigil-stream/vigil/payments/profile"
	"github.com/vigil-stream/vigil/payments/table"
)

//go:embed data/corridors.csv
var shippedCorridors []byte

// Corridors are those that P03 tells of. They are not changed.
type Corridors struct {
	version string
	list    []corridor
	// destination has, by country, where corridors lead there from: most have none.
	destination [][]profile.Country
}

type corridor struct {
	origin, destination profile.Country // origin 0: any
	sources             []string
}

// DefaultCorridors are those that come with vigil.
func DefaultCorridors() Corridors {
	c, err := ReadCorridors(shippedCorridors)
	if err != nil {
		panic(err) // a test of this package reads the file
	}
	return c
}

// ReadCorridors reads a data file: origin, destination and source, a corridor may
// have several. A fault names its line.
func ReadCorridors(data []byte) (Corridors, error) {
	t, err := table.Read(data, "origin", "destination", "source")
	if err != nil {
		return Corridors{}, err
	}
	c := Corridors{version: t.Version, destination: make([][]profile.Country, 26*26+1)}
	for _, row := range t.Rows {
		origin, destination := profile.CountryOf(row.Cells[0]), profile.CountryOf(row.Cells[1])
		switch {
		case destination == 0 || origin == 0 && row.Cells[0] != "":
			return Corridors{}, row.Errorf("countries must be two capital letters, and the destination must be there")
		case origin == destination:
			return Corridors{}, row.Errorf("a corridor leads from one country to another")
		case row.Cells[2] == "":
			return Corridors{}, row.Errorf("has no source")
		}
		i := slices.IndexFunc(c.list, func(k corridor) bool { return k.origin == origin && k.destination == destination })
		if i < 0 {
			i = len(c.list)
			c.list = append(c.list, corridor{origin: origin, destination: destination})
			c.destination[destination] = append(c.destination[destination], origin)
		}
		if !slices.Contains(c.list[i].sources, row.Cells[2]) {
			c.list[i].sources = append(c.list[i].sources, row.Cells[2])
		}
	}
	return c, nil
}

// Version names the data file.
func (c *Corridors) Version() string { return c.version }

// has reports whether money between two countries flows along a corridor.
func (c *Corridors) has(origin, destination profile.Country) bool {
	if origin == 0 {
		return false
	}
	for _, from := range c.destination[destination] {
		if from == origin || from == 0 {
			return true
		}
	}
	return false
}

func (k *corridor) is(origin, destination profile.Country) bool {
	return k.destination == destination && (k.origin == origin || k.origin == 0)
}

// named appends the sources that name a corridor, each once.
func (c *Corridors) named(sources []string, origin, destination profile.Country) []string {
	for _, k := range c.list {
		if !k.is(origin, destination) {
			continue
		}
		for _, s := range k.sources {
			if !slices.Contains(sources, s) {
				sources = append(sources, s)
			}
		}
	}
	return sources
}

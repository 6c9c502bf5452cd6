-- wrk script: random ranges of a file. wrk -s range.lua URL -- FILE_SIZE RANGE_LENGTH
local size, length

function init(arguments)
	size, length = tonumber(arguments[1]), tonumber(arguments[2])
	math.randomseed(7)
end

function request()
	local first = math.random(0, size - length)
	local range = string.format("bytes=%d-%d", first, first + length - 1)
	return wrk.format("GET", nil, { ["Range"] = range })
end

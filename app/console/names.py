"""The names of the modules that an app uses most, for completion in the editor.

Those of MicroPython 1.29 that an ESP8266 has as well as an ESP32, where no remark restricts them. A
line is a signature, two spaces, and a remark; a heading is a module, or a class with its module.
"""

from __future__ import annotations

TABLE = """\
[logger]
debug(msg, detail="")  for its developer
info(msg, detail="")  normal work
warning(msg, detail="")  unexpected, but the app goes on
error(msg, detail="")  a failure
critical(msg, detail="")  the app cannot go on

[machine]
ADC(pin)  analog input
I2C(id, *, scl, sda, freq)  bus of sensors
PWM(pin, *, freq, duty_u16)  pulses of a variable width
Pin(id, mode, pull, *, value)  a pin as input or output
RTC()  clock with memory in deep sleep
SPI(id, baudrate, *, polarity, phase, sck, mosi, miso)  fast serial bus
Signal(pin, *, invert)  a pin with its logic inverted
SoftI2C(scl, sda, *, freq)  I2C on any pins
SoftSPI(baudrate, *, sck, mosi, miso)  SPI on any pins
Timer(id)  calls a function after a time
UART(id, baudrate, *, tx, rx, timeout)  serial port
DAC(pin)  analog output, ESP32 only
TouchPad(pin)  touch sensor, ESP32 only
freq()  frequency of the processor in Hz
unique_id()  bytes that identify the chip
reset_cause()  one of the constants *_RESET
time_pulse_us(pin, level, timeout_us)  length of a pulse in microseconds
bitstream(pin, encoding, timing, data)  bits by the length of pulses
disable_irq()  stop interrupts; returns a state for enable_irq
enable_irq(state)  allow interrupts again
PWRON_RESET  cause of a restart
HARD_RESET  cause of a restart
WDT_RESET  cause of a restart
DEEPSLEEP_RESET  cause of a restart
SOFT_RESET  cause of a restart

[machine.Pin]
value(x)  level of the pin; with x it is set
on()  set the pin to 1
off()  set the pin to 0
init(mode, pull, *, value)  configure the pin again
irq(handler, trigger)  call handler at an edge
IN  input
OUT  output
OPEN_DRAIN  output that only pulls down
PULL_UP  internal resistor to the supply
PULL_DOWN  internal resistor to ground, ESP32 only
IRQ_RISING  trigger at a rising edge
IRQ_FALLING  trigger at a falling edge

[machine.Signal]
value(x)  logical level; with x it is set
on()  switch on
off()  switch off

[machine.ADC]
read_u16()  0 to 65535
read_uv()  microvolts, ESP32 only
atten(value)  range, ESP32 only
ATTN_0DB  up to 0.95 V, ESP32 only
ATTN_2_5DB  up to 1.25 V, ESP32 only
ATTN_6DB  up to 1.75 V, ESP32 only
ATTN_11DB  up to 2.45 V, ESP32 only

[machine.PWM]
freq(hz)  frequency; with hz it is set
duty_u16(value)  width from 0 to 65535
duty_ns(value)  width in nanoseconds
deinit()  stop the pulses

[machine.I2C]
scan()  list of addresses that answer
readfrom(addr, nbytes)  bytes of a device
writeto(addr, buf)  send bytes to a device
readfrom_mem(addr, memaddr, nbytes)  bytes of a register
writeto_mem(addr, memaddr, buf)  write a register
readfrom_into(addr, buf)  fill a buffer
readfrom_mem_into(addr, memaddr, buf)  fill a buffer from a register

[machine.SPI]
read(nbytes, write=0)  read bytes
readinto(buf, write=0)  fill a buffer
write(buf)  send bytes
write_readinto(write_buf, read_buf)  send and read at once
deinit()  give the bus back
MSB  most significant bit first
LSB  least significant bit first

[machine.UART]
any()  number of bytes that can be read
read(nbytes)  bytes, or None
readline()  a line, or None
readinto(buf)  fill a buffer
write(buf)  send bytes
init(baudrate, bits, parity, stop)  configure the port again
flush()  wait until all is sent

[machine.Timer]
init(*, mode, period, callback)  start it; period in milliseconds
deinit()  stop it
ONE_SHOT  once
PERIODIC  again and again

[machine.RTC]
datetime(value)  (year, month, day, weekday, hour, minute, second, subsecond)
memory(data)  bytes that stay during a deep sleep

[network]
WLAN(interface)  the Wi-Fi of the board; the OS connects it
hostname(name)  name of the board in the network
STA_IF  the board in a network
AP_IF  a network of the board's own
STAT_IDLE  no connection wanted
STAT_CONNECTING  still connecting
STAT_GOT_IP  connected
STAT_WRONG_PASSWORD  refused
STAT_NO_AP_FOUND  no such network

[network.WLAN]
isconnected()  whether it has an address
status(param)  a STAT_ constant; "rssi" gives the signal
ifconfig()  (address, netmask, gateway, DNS)
config(param)  a setting, as "mac" or "ssid"
scan()  networks that are seen
active()  whether it is switched on

[time]
time()  seconds since the epoch of the board
time_ns()  the same in nanoseconds
ticks_ms()  a counter in milliseconds
ticks_us()  a counter in microseconds
ticks_diff(later, earlier)  difference of two counts
ticks_add(ticks, delta)  a count moved by delta
sleep(seconds)  wait
sleep_ms(ms)  wait
sleep_us(us)  wait
localtime(seconds)  (year, month, day, hour, minute, second, weekday, yearday)
gmtime(seconds)  the same in UTC
mktime(tuple)  seconds of a date

[dht]
DHT11(pin)  sensor of temperature and humidity
DHT22(pin)  a more precise one

[dht.DHT22]
measure()  ask the sensor
temperature()  degrees Celsius
humidity()  percent

[dht.DHT11]
measure()  ask the sensor
temperature()  degrees Celsius
humidity()  percent

[onewire]
OneWire(pin)  a bus of one wire

[ds18x20]
DS18X20(onewire)  temperature sensors on a bus of one wire

[ds18x20.DS18X20]
scan()  list of sensors
convert_temp()  start to measure; it takes 750 ms
read_temp(rom)  degrees Celsius

[neopixel]
NeoPixel(pin, n)  a chain of n lights

[neopixel.NeoPixel]
write()  show the colours
fill(colour)  the same colour for all

[gc]
collect()  free the memory that is not used
mem_free()  free bytes
mem_alloc()  used bytes
"""

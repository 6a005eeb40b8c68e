using System.Globalization;
using Goterra.Bench;
using Goterra.Bench.Measurements;
using Goterra.Bench.Servers;

if (args is [EmptyEndpoint.Mode, var port])
{
    await EmptyEndpoint.RunAsync(int.Parse(port, CultureInfo.InvariantCulture));
    return 0;
}

if (BenchOptions.Parse(args) is not { } options)
{
    await Console.Error.WriteLineAsync(BenchOptions.HelpText);
    return 2;
}

using var yard = await Yard.OpenAsync(options);
if (options.Runs("throughput"))
    Throughput.Run(yard.Targets, options);
if (options.Runs("wake"))
    await WakeUp.RunAsync(yard.Targets.OfType<IWakeable>(), options);
if (options.Runs("held"))
    await HeldWaits.RunAsync(yard, options);
if (options.Runs("fanout"))
    await FanOut.RunAsync(yard, options);
return 0;

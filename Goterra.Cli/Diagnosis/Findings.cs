using Goterra.Cli.Output;

namespace Goterra.Cli.Diagnosis;

/// <summary>What was looked at, a line each as soon as it is known. The first failure decides the exit code.</summary>
internal sealed class Findings(ValueOutput output)
{
    public ExitCode ExitCode { get; private set; } = ExitCode.Done;

    public void Good(string what, string detail) => Write("ok", what, detail);

    public void Warn(string what, string detail) => Write("warn", what, detail);

    public void Fail(string what, string detail, ExitCode exitCode)
    {
        Write("FAIL", what, detail);
        if (ExitCode == ExitCode.Done)
            ExitCode = exitCode;
    }

    private void Write(string verdict, string what, string detail) => output.WriteText($"{verdict,-4}  {what}: {Talk.Escape(detail)}\n");
}

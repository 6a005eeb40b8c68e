using Goterra.Cli.Output;
using Goterra.Cli.Runtime;

namespace Goterra.Cli.Commands.Doctor;

/// <summary>Prints the result of each check as soon as it is known.</summary>
internal sealed class DoctorReport(ValueOutput output, TextStyle style)
{
    /// <summary>The code of the first failure.</summary>
    public ExitCode ExitCode { get; private set; } = ExitCode.Done;

    public void Ok(string check, string detail) => Write(style.Good("ok  "), check, detail);

    public void Warn(string check, string detail) => Write(style.Doubtful("warn"), check, detail);

    public void Fail(string check, string detail, ExitCode exitCode)
    {
        Write(style.Bad("FAIL"), check, detail);
        if (ExitCode == ExitCode.Done)
            ExitCode = exitCode;
    }

    private void Write(string result, string check, string detail) =>
        output.WriteText($"{result}  {check}: {StatusWriter.Escape(detail)}\n");
}

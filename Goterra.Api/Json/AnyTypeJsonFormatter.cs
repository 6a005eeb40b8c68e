using System.Text.Json;
using Goterra.Api.Errors;
using Goterra.Api.Http;
using Goterra.Api.Values;
using Goterra.Core.Model;
using Microsoft.AspNetCore.Mvc.Formatters;

namespace Goterra.Api.Json;

/// <summary>
/// Reads bodies as JSON whatever their Content-Type: <c>curl -d</c> sends that of a form, old clients send none.
/// </summary>
internal sealed class AnyTypeJsonFormatter(Limits limits) : IInputFormatter
{
    private const int MaxBytes = 64 * 1024;

    // Each byte of a value may be escaped as \u00XX.
    private const int MaxEscaping = 6;

    public bool CanRead(InputFormatterContext context) =>
        RequestContext.Default.GetTypeInfo(context.ModelType) is not null;

    public async Task<InputFormatterResult> ReadAsync(InputFormatterContext context)
    {
        var isValue = context.ModelType == typeof(PutValueRequest);
        var maxBytes = MaxBytes + (isValue ? limits.ValueBytes * MaxEscaping : 0);
        var request = context.HttpContext.Request;
        var limit = isValue ? new LimitHit("value_bytes", limits.ValueBytes) : new LimitHit("body_bytes", MaxBytes);
        var (body, problem) = await ValueBody.ReadAsync(request, limit, maxBytes, context.HttpContext.RequestAborted);
        if (problem is not null)
        {
            context.HttpContext.Features.Set(new BodyProblem(problem));
            return Fail(context, "body", problem.Detail);
        }

        if (body.Length == 0)
            return context.TreatEmptyInputAsDefaultValue
                ? InputFormatterResult.Success(null)
                : InputFormatterResult.NoValue();

        var type = RequestContext.Default.GetTypeInfo(context.ModelType)!;
        try
        {
            return JsonSerializer.Deserialize(body.Span, type) is { } model
                ? InputFormatterResult.Success(model)
                : Fail(context, "body", "must be a JSON object, not null");
        }
        catch (JsonException e)
        {
            var (field, error) = JsonBodyErrors.Find(body.Span, type, e);
            return Fail(context, field, error);
        }
    }

    private static InputFormatterResult Fail(InputFormatterContext context, string field, string error)
    {
        context.ModelState.TryAddModelError(field, error);
        return InputFormatterResult.Failure();
    }
}
